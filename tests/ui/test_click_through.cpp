// slow
// The main job, clicked through with the real engine: sample, design, start, watch, results, export, replay; meanwhile
// the window stays alive.

#include "core/store/store_reader.h"
#include "experiments/results/export.h"
#include "tests/ui/real_engine.h"
#include "tests/ui/ui_support.h"
#include "ui/frame/file_dialog.h"
#include "ui/replay/replay_page.h"
#include "ui/results/inspection_dialog.h"
#include "ui/results/results_page.h"
#include "ui/run/run_page.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QElapsedTimer>
#include <QImage>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSlider>
#include <QTableView>

#include <fstream>
#include <sstream>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Counts the turns of the event loop; how long it was away is said, and judges nothing.
class Watchdog : public QObject {
public:
    Watchdog() {
        m_clock.start();
        startTimer(5);
    }
    int turns = 0;
    qint64 longest = 0;

protected:
    void timerEvent(QTimerEvent*) override {
        ++turns;
        longest = std::max(longest, m_clock.restart());
    }

private:
    QElapsedTimer m_clock;
};

} // namespace

class TestClickThrough : public QObject {
    Q_OBJECT

    // The selected arm's adapter, then the other one, which has no low-rank updates.
    static void inspect(const WindowUnderTest& at) {
        at.find<QTableView>("results")->selectRow(1);
        QTest::mouseClick(at.find<QPushButton>("inspect"), Qt::LeftButton);
        auto* dialog = at.window->findChild<ui::InspectionDialog*>();
        QVERIFY(dialog != nullptr);
        QSignalSpy answered(dialog, &ui::InspectionDialog::answered);
        const auto titles = [&] {
            QStringList list;
            for (int i = 0; i < dialog->tables().count(); ++i)
                list << dialog->tables().tabText(i);
            return list;
        };
        auto* run = at.find<QComboBox>("inspectRun");
        QCOMPARE(run->currentText(), QStringLiteral("LoRA, seed 7"));
        QVERIFY(answered.wait(patience_ms));
        QVERIFY2(dialog->tables().count() > 0, qPrintable(dialog->message()));
        QCOMPARE(titles(),
                 QStringList({QStringLiteral("Change in hidden states"), QStringLiteral("Low-rank updates")}));
        if (const QByteArray folder = qgetenv("DIAPASON_SCREENSHOTS"); !folder.isEmpty())
            QVERIFY(dialog->grab().save(QString::fromLocal8Bit(folder) + QStringLiteral("/inspect.png")));
        QTest::keyClick(dialog, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QApplication::clipboard()->text().startsWith(QLatin1String("Site\t")));
        run->setCurrentIndex(0);
        QCOMPARE(dialog->tables().count(), 0); // while it is at work
        QVERIFY(answered.wait(patience_ms));
        QVERIFY(!titles().contains(QStringLiteral("Low-rank updates")));
        dialog->close();
        EVENTUALLY(at.window->findChild<ui::InspectionDialog*>() == nullptr);
    }

    // The files hold what the preview shows.
    static void exportFiles(const WindowUnderTest& at) {
        QTest::mouseClick(at.find<QPushButton>("export"), Qt::LeftButton);
        EVENTUALLY(at.window->findChild<QDialog*>() != nullptr);
        auto* format = at.find<QComboBox>("format");
        const std::pair<const char*, std::string> files[] = {
            {"LaTeX", "t.tex"}, {"Markdown", "t.md"}, {"CSV", "t.csv"}, {"JSON", "t.json"}};
        for (const auto& [name, file] : files) {
            format->setCurrentIndex(format->findText(QLatin1String(name), Qt::MatchStartsWith));
            ui::file_dialog::nextAnswer() = ui::qs((at.folder() / file).string());
            QTest::mouseClick(at.find<QPushButton>("exportTable"), Qt::LeftButton);
            const std::string written = content(at.folder() / file);
            QVERIFY2(written.find("LoRA") != std::string::npos, file.c_str());
            QCOMPARE(ui::qs(written).remove(QLatin1Char('\r')), at.find<QPlainTextEdit>("preview")->toPlainText());
        }
        QVERIFY(content(at.folder() / "t.tex").find("\\toprule") != std::string::npos);
        for (const std::string name : {"f.png", "f.pdf", "f.svg"}) {
            ui::file_dialog::nextAnswer() = ui::qs((at.folder() / name).string());
            QTest::mouseClick(at.find<QPushButton>("exportFigure"), Qt::LeftButton);
        }
        const QImage figure(ui::qs((at.folder() / "f.png").string()));
        QVERIFY(figure.width() > 400);
        QCOMPARE(content(at.folder() / "f.pdf").substr(0, 5), std::string("%PDF-"));
        QVERIFY(content(at.folder() / "f.svg").find("<svg") != std::string::npos);
        // A folder that is not there: said, nothing written.
        ui::file_dialog::nextAnswer() = ui::qs((at.folder() / "absent" / "t.csv").string());
        QTest::mouseClick(at.find<QPushButton>("exportTable"), Qt::LeftButton);
        QVERIFY(at.find<QLabel>("exportResult")->text().contains(QLatin1String("absent")));
        at.window->findChild<QDialog*>()->close();
    }

    // The stored points, played to their end.
    static void replayToItsEnd(const WindowUnderTest& at, RowId study) {
        const StoreReader& reader = at.workspace->reader();
        at.window->showPage(ui::PageId::replay);
        auto* replay = at.window->page<ui::ReplayPage>();
        QVERIFY(replay->duration() > 0);
        for (const RunRecord& stored : reader.runs(study)) {
            for (const SeriesRecord& series : reader.series(stored.id)) {
                const SeriesPoints points = reader.points(stored.id, series.name);
                const ui::Curve* curve = replay->curves().find(stored.id, series.name);
                QVERIFY2(curve != nullptr, text_of(series.name).c_str());
                QCOMPARE(curve->value, points.value);
                QCOMPARE(curve->step, points.step);
            }
        }
        replay->seek(0);
        at.find<QComboBox>("speed")->setCurrentText(QLatin1String("at once"));
        QTest::mouseClick(at.find<QPushButton>("play"), Qt::LeftButton);
        QVERIFY(replay->playing());
        EVENTUALLY(!replay->playing());
        QCOMPARE(replay->position(), replay->duration());
        at.window->activateWindow(); // after the dialog
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        at.find<QSlider>("scrubber")->setFocus();
        QTest::keyClick(at.find<QSlider>("scrubber"), Qt::Key_Left);
        QVERIFY(replay->position() < replay->duration());
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(link_engine()); }

    void sampleToReplay() {
        WindowUnderTest at(true);
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QVERIFY(at.open());

        // Home: the sample's design.
        QTest::mouseClick(at.find<QPushButton>("openDesign"), Qt::LeftButton);
        QCOMPARE(at.workspace->design().title, std::string("First look"));

        // Design: two arms, one seed, few steps.
        auto* methods = at.find<QListWidget>("methods");
        auto* remove = at.find<QPushButton>("removeMethod");
        for (int row : {2, 0}) { // prompt tuning, full tuning
            methods->setCurrentRow(row);
            QTest::mouseClick(remove, Qt::LeftButton);
        }
        QCOMPARE(methods->count(), 2);
        at.find<QListWidget>("sections")->setCurrentRow(3);
        type(at.find<QLineEdit>("seeds"), "7");
        type(at.find<QLineEdit>("option_steps"), "8");
        type(at.find<QLineEdit>("option_evaluate_every"), "4");
        type(at.find<QLineEdit>("option_max_evaluation_items"), "30");
        type(at.find<QLineEdit>("option_max_test_items"), "30");
        QVERIFY(at.settle());
        QCOMPARE(at.workspace->plan()->problems.size(), std::size_t(0));
        QTest::mouseClick(at.find<QPushButton>("preflight"), Qt::LeftButton);
        auto* start = at.find<QPushButton>("start");
        QCOMPARE(start->text(), QStringLiteral("Start 2 runs"));
        QVERIFY(start->isEnabled());

        // Run: points arrive while it trains, and the window answers all the time.
        Watchdog watchdog;
        QTest::mouseClick(start, Qt::LeftButton);
        QVERIFY(at.workspace->running());
        auto* run = at.window->page<ui::RunPage>();
        QVERIFY(run->isVisible());
        const RowId study = at.workspace->currentStudy();
        const RowId first = at.workspace->queue().entries.front().run;
        EVENTUALLY(run->curves().find(first, {"train", "", "loss"}) != nullptr || !at.workspace->running());
        QVERIFY2(at.workspace->running(), at.workspace->queue().entries.front().message.c_str());
        EVENTUALLY(!at.workspace->running());
        // A window that waits for the engine turns once or twice a run.
        QVERIFY2(watchdog.turns > 40, qPrintable(QString::number(watchdog.turns)));
        qInfo("longest gap of the event loop: %lld ms", static_cast<long long>(watchdog.longest));
        QCOMPARE(at.workspace->queue().finished, std::size_t(2));
        QCOMPARE(at.problems, QStringList());

        // What was drawn live is what was stored.
        const StoreReader& reader = at.workspace->reader();
        for (const RunRecord& stored : reader.runs(study)) {
            const SeriesPoints points = reader.points(stored.id, {"train", "", "loss"});
            QCOMPARE(points.step.size(), std::size_t(8));
            QCOMPARE(run->curves().find(stored.id, {"train", "", "loss"})->value, points.value);
            QCOMPARE(run->curves().find(stored.id, {"validation", "", "accuracy"})->step,
                     (std::vector<std::int64_t>{4, 8}));
        }

        // Results: one row an arm.
        at.window->showPage(ui::PageId::results);
        auto* results = at.window->page<ui::ResultsPage>();
        const ResultTable& table = results->model().table();
        QCOMPARE(table.rows.size(), std::size_t(2));
        QCOMPARE(at.find<QTableView>("results")->model()->rowCount(), 2);
        QCOMPARE(table.rows[1].label, std::string("LoRA"));
        QCOMPARE(table.finished, std::size_t(2));

        inspect(at);

        exportFiles(at);
        if (QTest::currentTestFailed()) return;
        replayToItsEnd(at, study);
    }
};

DIAPASON_TEST(TestClickThrough)
#include "tests/support/places.h"

#include "test_click_through.moc"
