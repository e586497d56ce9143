// The Run page, its queue played by hand: points as they come, pause, stop one, stop all, cursor, smoothing, hiding.

#include "experiments/results/results.h"
#include "tests/ui/ui_support.h"
#include "ui/results/results_page.h"
#include "ui/run/queue_model.h"
#include "ui/run/run_page.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QListWidget>
#include <QMessageBox>
#include <QPushButton>
#include <QSlider>
#include <QTableView>
#include <QTableWidget>

using namespace diapason;
using namespace diapason::testing;

class TestRunPage : public QObject {
    Q_OBJECT

    enum Column { Arm, Loss, LossSeeds, Score, ScoreSeeds };
    std::unique_ptr<WindowUnderTest> m_at;
    ui::RunPage* m_page = nullptr;

    void begin(const Study& study = window_study()) {
        m_at->workspace->openDesign(study);
        QVERIFY(m_at->settle());
        QVERIFY(m_at->workspace->startStudy());
        EVENTUALLY(m_at->hand->job().key != 0);
    }
    QTableWidget* values() const { return m_page->findChild<QTableWidget*>(QLatin1String("values")); }
    int waitingRow() const {
        const auto* queue = m_at->find<QTableView>("queue");
        int row = 0;
        while (queue->model()->index(row, 0).data().toString() != QLatin1String("queued"))
            ++row;
        return row;
    }
    static void click(QTableView* table, int row, int column = 1) {
        const QRect cell = table->visualRect(table->model()->index(row, column));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cell.center());
        QTest::qWait(QApplication::doubleClickInterval() + 1); // two clicks, not a double one
    }
    QString title() const { return m_page->findChild<QLabel*>(QLatin1String("valuesTitle"))->text(); }
    QString value(int row, int column) const { return values()->item(row, column)->text(); }
    std::size_t count(RunState state) const {
        std::size_t n = 0;
        for (const QueueEntry& entry : m_at->workspace->queue().entries)
            n += entry.state == state;
        return n;
    }

private Q_SLOTS:
    void init() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(QTest::qWaitForWindowActive(m_at->window.get(), patience_ms));
        QVERIFY(m_at->open());
        m_at->window->showPage(ui::PageId::run);
        m_page = m_at->window->page<ui::RunPage>();
        new QAbstractItemModelTester(m_at->find<QTableView>("queue")->model(),
                                     QAbstractItemModelTester::FailureReportingMode::Fatal, m_at->window.get());
    }
    void cleanup() { m_at.reset(); }

    void pointsArriveLive() {
        begin();
        const RunJob job = m_at->hand->job();
        m_at->hand->send(begun_run(job, 40, 12));
        EVENTUALLY(m_page->curves().find(job.key, {"train", "", "loss"}) != nullptr);
        EVENTUALLY_EQUAL(m_page->curves().find(job.key, {"train", "", "loss"})->step.size(), std::size_t(12));
        EVENTUALLY(value(0, Loss) != QStringLiteral("—"));
        QVERIFY(m_at->workspace->running());
        EVENTUALLY(m_at->find<QLabel>("studyState")->text().startsWith(QLatin1String("running 0 of 9")));
        // A point that the store has delivered already is not drawn twice.
        m_at->hand->send(MetricPoints{{{{"train", "", "loss"}, 12, 1.2, 5.0}, {{"train", "", "loss"}, 13, 1.3, 5.0}}});
        EVENTUALLY_EQUAL(m_page->curves().find(job.key, {"train", "", "loss"})->step.size(), std::size_t(13));
    }

    void pauseAndResume() {
        begin();
        m_at->hand->send(begun_run(m_at->hand->job(), 40, 3));
        EVENTUALLY_EQUAL(count(RunState::running), std::size_t(1));
        auto* pause = m_at->find<QPushButton>("pause");
        QTest::mouseClick(pause, Qt::LeftButton);
        EVENTUALLY_EQUAL(pause->text(), QStringLiteral("Resume"));
        QCOMPARE(m_at->hand->pauses.size(), std::size_t(1));
        EVENTUALLY_EQUAL(count(RunState::paused), std::size_t(1));
        QTest::mouseClick(pause, Qt::LeftButton);
        EVENTUALLY_EQUAL(pause->text(), QStringLiteral("Pause"));
        QCOMPARE(m_at->hand->pauses.back().second, false);
    }

    void stopOneGoesOnWithTheNext() {
        begin();
        const RunJob job = m_at->hand->job();
        m_at->hand->send(begun_run(job, 40, 3));
        EVENTUALLY_EQUAL(count(RunState::running), std::size_t(1));
        QTest::mouseClick(m_at->find<QPushButton>("stopRun"), Qt::LeftButton);
        EVENTUALLY_EQUAL(count(RunState::cancelled), std::size_t(1));
        QCOMPARE(m_at->hand->cancels, std::vector<std::int64_t>{job.key});
        EVENTUALLY(m_at->hand->job().key != job.key && m_at->hand->job().key != 0);
        QVERIFY(m_at->workspace->running());
        // A run that waits is cancelled by asking for just that.
        auto* queue = m_at->find<QTableView>("queue");
        EVENTUALLY_EQUAL(queue->model()->index(queue->model()->rowCount() - 1, 0).data().toString(),
                         QStringLiteral("cancelled")); // the rows are those of the present queue
        queue->selectRow(waitingRow());
        queue->setFocus();
        QTest::keyClick(queue, Qt::Key_Delete);
        EVENTUALLY_EQUAL(count(RunState::cancelled), std::size_t(2));
        QCOMPARE(m_at->hand->cancels.size(), std::size_t(1)); // it never reached the executor
        // A run that does not wait is none of its business.
        queue->selectRow(0);
        QTest::keyClick(queue, Qt::Key_Delete);
        QTest::qWait(100);
        QCOMPARE(count(RunState::cancelled), std::size_t(2));
    }

    // The row of a run that waits is clicked to see its arm's curves; "stop" means what its button names.
    void stopNamesTheRunThatItStops() {
        begin();
        const RunJob job = m_at->hand->job();
        m_at->hand->send(begun_run(job, 40, 3));
        EVENTUALLY_EQUAL(count(RunState::running), std::size_t(1));
        auto* queue = m_at->find<QTableView>("queue");
        auto* stop = m_at->find<QPushButton>("stopRun");
        const QString named = QStringLiteral("Stop LoRA, seed 1");
        QCOMPARE(stop->accessibleName(), named);
        click(queue, waitingRow());
        QCOMPARE(stop->accessibleName(), named);
        QTest::keySequence(m_at->window.get(), QKeySequence(QStringLiteral("Ctrl+.")));
        EVENTUALLY_EQUAL(count(RunState::cancelled), std::size_t(1));
        QCOMPARE(m_at->hand->cancels, std::vector<std::int64_t>{job.key});
        EVENTUALLY(stop->accessibleName() != named);
    }

    void nothingIsRaisedUnlessItIsChosen() {
        QVERIFY(m_at->playToEnd(window_study()));
        auto* desk = m_page->findChild<ui::CurveDesk*>();
        QSignalSpy raised(desk, &ui::CurveDesk::raised);
        const auto last = [&] { return raised.last().front().value<RowId>(); };
        auto* queue = m_at->find<QTableView>("queue");
        // Opened again, reached by keys, walked through: nobody has chosen an arm.
        m_at->window->showPage(ui::PageId::home);
        QVERIFY(m_at->workspace->openDatabase(m_at->workspace->databaseFile()));
        m_at->window->showPage(ui::PageId::run);
        for (QWidget* table : {static_cast<QWidget*>(queue), static_cast<QWidget*>(values())}) {
            table->setFocus(Qt::TabFocusReason);
            QTest::keyClick(table, Qt::Key_Down);
            QTest::keyClick(table, Qt::Key_Down);
        }
        QCOMPARE(raised.count(), 0);
        // A click raises; a second one, or Escape, releases.
        const RowId arm = m_at->workspace->queue().entries.front().arm;
        click(queue, 0);
        QCOMPARE(last(), arm);
        click(queue, 0);
        QCOMPARE(last(), RowId(0));
        QVERIFY(queue->selectionModel()->selectedRows().isEmpty());
        click(queue, 0);
        QCOMPARE(last(), arm);
        QTest::keyClick(queue, Qt::Key_Escape);
        QCOMPARE(last(), RowId(0));
        QVERIFY(queue->selectionModel()->selectedRows().isEmpty());
        // By Enter, and in the other table.
        values()->setFocus();
        values()->setCurrentCell(1, 0);
        QTest::keyClick(values(), Qt::Key_Return);
        QVERIFY(last() != 0);
        click(values(), 1, 1);
        QCOMPARE(last(), RowId(0));
        // To tick a box is no choice.
        const int before = static_cast<int>(raised.count());
        values()->item(0, Arm)->setCheckState(Qt::Unchecked);
        QCOMPARE(raised.count(), before);
    }

    void theScoreIsThereFromTheStart() {
        begin();
        auto* metric = m_page->findChild<QComboBox*>(QLatin1String("metric"));
        QCOMPARE(metric->currentText(), QStringLiteral("Validation accuracy"));
        auto* plot = m_page->findChild<ui::CurvePlot*>(QLatin1String("scorePlot"));
        QCOMPARE(plot->view().metric, (MetricName{"validation", "", "accuracy"}));
        QCOMPARE(plot->view().firstStep, std::int64_t(20));
        // What arrives first does not take its place.
        m_at->hand->send(begun_run(m_at->hand->job(), 40, 3));
        EVENTUALLY(metric->count() > 1);
        QCOMPARE(plot->view().metric.metric, std::string("accuracy"));
        // Only a choice by hand does, and stays.
        const int rate = metric->findText(QStringLiteral("Train learning rate"));
        QVERIFY(rate >= 0);
        metric->setCurrentIndex(rate);
        Q_EMIT metric->activated(rate);
        m_at->hand->send(rest_of_run(m_at->hand->job()));
        EVENTUALLY_EQUAL(count(RunState::finished), std::size_t(1));
        EVENTUALLY(metric->findText(QStringLiteral("Validation loss")) >= 0);
        QCOMPARE(plot->view().metric.metric, std::string("learning_rate"));
    }

    // Seeds that are at different steps: no mean mixes them, and each column says how many it has.
    void latestValuesAreThoseOfAStepThatAllSeedsReached() {
        QVERIFY(m_at->play(window_study({1, 2}, 1), 2)); // both arms, seed 1
        EVENTUALLY(m_at->hand->job().key != 0 && m_at->hand->job().spec.seed == 2);
        const RunJob second = m_at->hand->job();
        QCOMPARE(second.spec.method, std::string("lora"));
        m_at->hand->send(begun_run(second, 40, 7));
        EVENTUALLY_EQUAL(value(0, LossSeeds), QStringLiteral("2"));
        std::vector<double> losses, scores;
        const auto take = [&](std::vector<double>& into, const MetricName& metric, std::int64_t step) {
            into.clear();
            for (const QueueEntry& entry : m_at->workspace->queue().entries) {
                if (entry.arm_label != "LoRA") continue;
                const ui::Curve* curve = m_page->curves().find(entry.run, metric);
                for (std::size_t i = 0; curve != nullptr && i < curve->step.size(); ++i) {
                    if (curve->step[i] == step) into.push_back(curve->value[i]);
                }
            }
        };
        take(losses, {"train", "", "loss"}, 7);
        QCOMPARE(losses.size(), std::size_t(2));
        EVENTUALLY_EQUAL(value(0, Loss), QString::number(estimate(losses).mean, 'f', 3));
        QCOMPARE(value(0, ScoreSeeds), QStringLiteral("1")); // the second seed has none yet
        m_at->hand->send(MetricPoints{{{{"validation", "", "accuracy"}, 10, 1.0, 0.25}}});
        EVENTUALLY_EQUAL(value(0, ScoreSeeds), QStringLiteral("2"));
        take(scores, {"validation", "", "accuracy"}, 10);
        QCOMPARE(value(0, Score), QString::number(100 * estimate(scores).mean, 'f', 1));
        // A seed that breaks off holds nobody back.
        m_at->hand->send(state_event(RunState::failed, "broken"));
        EVENTUALLY_EQUAL(value(0, ScoreSeeds), QStringLiteral("1"));
        take(scores, {"validation", "", "accuracy"}, 40);
        QCOMPARE(value(0, Score), QString::number(100 * estimate(scores).mean, 'f', 1));
    }

    void stopAllAsksFirst() {
        begin();
        m_at->hand->send(begun_run(m_at->hand->job(), 40, 3));
        EVENTUALLY_EQUAL(count(RunState::running), std::size_t(1));
        QString asked;
        const auto answer = [&](QMessageBox::ButtonRole role) {
            QTimer::singleShot(0, m_at->window.get(), [&asked, role] {
                auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
                if (box == nullptr) return;
                asked = box->text();
                for (QAbstractButton* button : box->buttons()) {
                    if (box->buttonRole(button) == role) return button->click();
                }
            });
        };
        answer(QMessageBox::RejectRole);
        m_at->find<QPushButton>("stopAll")->click();
        QVERIFY2(asked.contains(QLatin1String("9 unfinished runs")), qPrintable(asked));
        QVERIFY(m_at->workspace->running());
        answer(QMessageBox::AcceptRole);
        m_at->find<QPushButton>("stopAll")->click();
        EVENTUALLY(!m_at->workspace->running());
        QCOMPARE(count(RunState::cancelled), std::size_t(9));
        QVERIFY(!m_at->find<QPushButton>("stopAll")->isEnabled());
    }

    void failedRunIsNamedAndPassedOver() {
        begin();
        m_at->hand->send(begun_run(m_at->hand->job(), 40, 2));
        m_at->hand->send(state_event(RunState::failed, "train.tsv, line 7: two columns"));
        EVENTUALLY_EQUAL(count(RunState::failed), std::size_t(1));
        const auto shown = [this] {
            const auto labels = m_page->findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
                return label->isVisible() && label->text().contains(QLatin1String("train.tsv, line 7"));
            });
        };
        EVENTUALLY(shown());
        EVENTUALLY(m_at->hand->job().key != 0);
    }

    void cursorShowsTheLastValueAtOrBefore() {
        QVERIFY(m_at->playToEnd(window_study({1, 2, 3}, 1)));
        auto* plot = m_page->findChild<ui::CurvePlot*>(QLatin1String("scorePlot"));
        QVERIFY(plot != nullptr);
        EVENTUALLY_EQUAL(value(0, ScoreSeeds), QStringLiteral("3"));
        const auto mean_at = [&](std::size_t evaluation) { // evaluations stand at 10, 20, 30 and 40
            std::vector<double> scores;
            for (const QueueEntry& entry : m_at->workspace->queue().entries) {
                if (entry.arm_label != "LoRA") continue;
                const ui::Curve* curve = m_page->curves().find(entry.run, {"validation", "", "accuracy"});
                scores.push_back(100 * curve->value.at(evaluation));
            }
            return QString::number(estimate(scores).mean, 'f', 1);
        };
        QVERIFY2(comes_true([&] { return value(0, Score).startsWith(mean_at(3)); }),
                 qPrintable(value(0, Score))); // no longer an earlier step's
        const QString latest = value(0, Score);
        Q_EMIT plot->cursorMoved(25.0);
        EVENTUALLY_EQUAL(title(), QStringLiteral("At step 25"));
        QVERIFY2(value(0, Score).startsWith(mean_at(1)), qPrintable(value(0, Score)));
        QVERIFY(value(0, Score).contains(QStringLiteral("±")));
        QVERIFY(value(0, Score) != latest);
        Q_EMIT plot->cursorMoved(5.0); // before the first evaluation
        EVENTUALLY_EQUAL(value(0, Score), QStringLiteral("—"));
        // By keys too: from the right end, one step back.
        plot->setFocus();
        Q_EMIT plot->cursorMoved(std::nan(""));
        QTest::keyClick(plot, Qt::Key_Left);
        EVENTUALLY_EQUAL(title(), QStringLiteral("At step 39"));
    }

    void smoothingChangesCurvesNotValues() {
        QVERIFY(m_at->playToEnd(window_study({1}, 1)));
        EVENTUALLY(value(0, Loss) != QStringLiteral("—"));
        const QString before = value(0, Loss);
        auto* slider = m_at->find<QSlider>("smoothing");
        auto* plot = m_page->findChild<ui::CurvePlot*>(QLatin1String("lossPlot"));
        slider->setValue(90);
        QCOMPARE(plot->view().smoothing, 0.9);
        QCOMPARE(m_page->findChild<ui::CurvePlot*>(QLatin1String("scorePlot"))->view().smoothing,
                 0.0); // evaluations never
        QCOMPARE(value(0, Loss), before);
    }

    void hiddenArmsChangeNoMean() {
        QVERIFY(m_at->playToEnd(window_study()));
        EVENTUALLY_EQUAL(value(2, ScoreSeeds), QStringLiteral("3"));
        m_at->window->showPage(ui::PageId::results);
        const QString table = m_at->window->page<ui::ResultsPage>()->selectionText();
        m_at->window->showPage(ui::PageId::run);
        std::vector<QString> before;
        for (int row = 0; row < values()->rowCount(); ++row)
            before.push_back(value(row, Score));
        values()->item(1, 0)->setCheckState(Qt::Unchecked);
        auto* plot = m_page->findChild<ui::CurvePlot*>(QLatin1String("scorePlot"));
        EVENTUALLY(plot->upToDate());
        Q_EMIT plot->cursorMoved(1000); // makes the table anew
        EVENTUALLY_EQUAL(title(), QStringLiteral("At step 1000"));
        for (int row = 0; row < values()->rowCount(); ++row)
            QCOMPARE(value(row, Score), before[static_cast<std::size_t>(row)]);
        QCOMPARE(values()->item(1, 0)->checkState(), Qt::Unchecked);
        m_at->window->showPage(ui::PageId::results);
        QCOMPARE(m_at->window->page<ui::ResultsPage>()->selectionText(), table);
    }

    void resumeGoesOnWithUnfinishedRuns() {
        begin();
        m_at->hand->send(finished_run(m_at->hand->job()));
        EVENTUALLY_EQUAL(count(RunState::finished), std::size_t(1));
        m_at->workspace->cancelAll();
        EVENTUALLY(!m_at->workspace->running());
        auto* button = m_at->find<QPushButton>("pause");
        EVENTUALLY_EQUAL(button->text(), QStringLiteral("Resume"));
        QVERIFY(button->isEnabled() && !m_at->find<QPushButton>("stopRun")->isEnabled());
        // Home says how many they are, and goes on with them as well.
        m_at->window->showPage(ui::PageId::home);
        auto* resume = m_at->find<QPushButton>("resume");
        QVERIFY(resume->isVisible());
        QCOMPARE(resume->text(), QStringLiteral("Resume 8 runs"));
        m_at->window->showPage(ui::PageId::run);
        const RowId study = m_at->workspace->currentStudy();
        QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY(m_at->workspace->running());
        QCOMPARE(m_at->workspace->currentStudy(), study);
        EVENTUALLY_EQUAL(button->text(), QStringLiteral("Pause"));
        QCOMPARE(count(RunState::finished), std::size_t(1));
        QCOMPARE(m_at->workspace->resumableRuns(study), std::size_t(0)); // while it is at work
        m_at->workspace->cancelAll();
        EVENTUALLY(!m_at->workspace->running());
        m_at->window->showPage(ui::PageId::home);
        QTest::mouseClick(resume, Qt::LeftButton);
        QVERIFY(m_at->workspace->running());
        QCOMPARE(m_at->window->currentPage(), ui::PageId::run);
    }

    void resultsFollowWhatIsStored() {
        begin();
        m_at->window->showPage(ui::PageId::results);
        const auto* results = m_at->window->page<ui::ResultsPage>();
        QCOMPARE(results->model().table().finished, std::size_t(0));
        m_at->hand->send(finished_run(m_at->hand->job()));
        EVENTUALLY_EQUAL(results->model().table().finished, std::size_t(1));
    }

    void storedAndLivePointsAreTheSameCurves() {
        QVERIFY(m_at->playToEnd(window_study({1}, 1)));
        for (const QueueEntry& entry : m_at->workspace->queue().entries) {
            ui::RunCurves stored;
            stored.load(m_at->workspace->reader(), entry.run);
            QCOMPARE(stored.metrics(), m_page->curves().metrics());
            for (const MetricName& metric : stored.metrics()) {
                const ui::Curve* live = m_page->curves().find(entry.run, metric);
                QVERIFY2(live != nullptr, text_of(metric).c_str());
                QCOMPARE(live->step, stored.find(entry.run, metric)->step);
                QCOMPARE(live->value, stored.find(entry.run, metric)->value);
            }
        }
    }

    void anArmStaysHiddenInOtherColours() {
        QVERIFY(m_at->playToEnd(window_study({1}, 1)));
        EVENTUALLY(value(0, Loss) != QStringLiteral("—"));
        values()->item(1, 0)->setCheckState(Qt::Unchecked);
        const QVariant before = values()->item(1, 0)->data(Qt::DecorationRole);
        ui::applyTheme(ui::Appearance::dark);
        EVENTUALLY(values()->item(1, 0)->data(Qt::DecorationRole) != before);
        QCOMPARE(values()->item(1, 0)->checkState(), Qt::Unchecked);
        QCOMPARE(values()->item(0, 0)->checkState(), Qt::Checked);
    }

    void smallWindowKeepsEverything() {
        QVERIFY(m_at->playToEnd(window_study({1}, 1)));
        for (const QSize size : {QSize(1000, 640), QSize(1440, 900), QSize(1000, 640)}) {
            m_at->window->resize(size);
            EVENTUALLY_EQUAL(m_at->window->size(), size);
            QCoreApplication::processEvents();
            for (const char* name : {"queue", "values", "events", "lossPlot", "scorePlot"}) {
                const auto* part = m_page->findChild<QWidget*>(QLatin1String(name));
                QVERIFY2(part != nullptr && part->isVisible() && part->width() >= 180 && part->height() >= 50, name);
            }
        }
    }
};

DIAPASON_TEST(TestRunPage)
#include "test_run_page.moc"
