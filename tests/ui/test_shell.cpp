// The window around the pages: what it links, contrast, names, keys, remembered geometry, unreadable databases.

#include "experiments/results/results.h"
#include "tests/ui/ui_support.h"
#include "ui/design/design_page.h"
#include "ui/frame/file_dialog.h"
#include "ui/replay/replay_page.h"
#include "ui/results/results_page.h"
#include "ui/shell/action_finder.h"
#include "ui/theme/icons.h"

#include <QAccessible>
#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTableView>
#include <QToolButton>
#include <QTreeWidget>

#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

QString nameOf(const QWidget* widget) {
    QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
    return accessible == nullptr ? QString() : accessible->text(QAccessible::Name);
}

/// What Tab can reach on the visible page, leaving out what a widget is made of.
std::set<QWidget*> tabStops(const QWidget* page) {
    std::set<QWidget*> stops;
    for (QWidget* widget : page->findChildren<QWidget*>()) {
        if (!widget->isVisible() || !widget->isEnabled() || !(widget->focusPolicy() & Qt::TabFocus)) continue;
        if (widget->focusProxy() != nullptr || widget->objectName().startsWith(QLatin1String("qt_"))) continue;
        stops.insert(widget);
    }
    return stops;
}

bool trigger(WindowUnderTest& at, const char* text) {
    for (QAction* action : at.window->findChildren<QAction*>()) {
        if (action->text() != QString::fromUtf8(text)) continue;
        action->trigger();
        return true;
    }
    return false;
}

QString describe(const QWidget* widget) {
    return QStringLiteral("%1 %2").arg(QLatin1String(widget->metaObject()->className()), widget->objectName());
}

} // namespace

class TestShell : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void programLinksNoTorch() {
        QProcess ldd;
        ldd.start(QStringLiteral("ldd"), {QString::fromStdString(built("diapason").string())});
        QVERIFY(ldd.waitForFinished());
        const QByteArray libraries = ldd.readAllStandardOutput();
        QVERIFY2(libraries.contains("libQt6Widgets"), libraries);
        for (const char* name : {"libtorch", "libc10", "libdiapason_engine"})
            QVERIFY2(!libraries.contains(name), libraries);
    }

    void textContrast_data() {
        QTest::addColumn<int>("look");
        QTest::newRow("light") << static_cast<int>(ui::Appearance::light);
        QTest::newRow("dark") << static_cast<int>(ui::Appearance::dark);
    }
    void textContrast() {
        QFETCH(int, look);
        ui::applyTheme(static_cast<ui::Appearance>(look));
        using enum ui::Role;
        const std::pair<ui::Role, std::vector<ui::Role>> pairs[] = {{text, {base, window, side, selection}},
                                                                    {secondary, {base, window, side, selection}},
                                                                    {hint, {base, window}},
                                                                    {good, {base, window}},
                                                                    {warning, {base, window}},
                                                                    {error, {base, window}},
                                                                    {focus, {base}},
                                                                    {accentText, {accent}}};
        for (const auto& [ink, grounds] : pairs) {
            for (const ui::Role ground : grounds) {
                QVERIFY2(contrast(ui::colour(ink), ui::colour(ground)) >= 4.5,
                         qPrintable(QStringLiteral("%1 on %2: %3")
                                        .arg(ui::colour(ink).name(), ui::colour(ground).name())
                                        .arg(contrast(ui::colour(ink), ui::colour(ground)))));
            }
        }
        for (int slot = 1; slot <= 8; ++slot) // strokes and fills, not text
            QVERIFY(contrast(ui::seriesColour(slot), ui::colour(base)) >= 3.0);
    }

    void everyControlHasANameAndIsReachedByTab() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QVERIFY(at.open());
        at.workspace->openDesign(sample_study("first-look"));
        QVERIFY(at.settle());
        QVERIFY(at.playToEnd(window_study()));
        auto* sections = at.find<QListWidget>("sections");
        auto* stack = at.window->centralWidget()->findChild<QStackedWidget*>();
        const auto check = [&](const QString& where) {
            const QWidget* page = stack->currentWidget();
            std::set<QWidget*> left = tabStops(page);
            QVERIFY2(!left.empty(), qPrintable(where));
            for (const QWidget* widget : left)
                QVERIFY2(!nameOf(widget).isEmpty(), qPrintable(where + QStringLiteral(": ") + describe(widget)));
            (*left.begin())->setFocus();
            for (int i = 0; i < 120 && !left.empty(); ++i) {
                left.erase(QApplication::focusWidget());
                QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            }
            QVERIFY2(left.empty(),
                     qPrintable(where + QStringLiteral(": ") + (left.empty() ? QString() : describe(*left.begin()))));
        };
        for (const ui::PageInfo& page : at.window->pages()) {
            at.window->showPage(page.id);
            if (page.id != ui::PageId::design) {
                check(page.title);
                continue;
            }
            for (int section = 0; section < sections->count(); ++section) {
                sections->setCurrentRow(section);
                check(QStringLiteral("Design %1").arg(section + 1));
            }
        }
    }

    void pagesByKey() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        const std::vector<ui::PageInfo>& pages = at.window->pages();
        for (std::size_t page = pages.size(); page-- > 0;) {
            QTest::keySequence(at.window.get(), QKeySequence(QStringLiteral("Alt+%1").arg(page + 1)));
            QCOMPARE(at.window->currentPage(), pages[page].id);
        }
        QTest::keyClick(at.window.get(), Qt::Key_2);
        QCOMPARE(at.window->currentPage(), ui::PageId::design);
        // A digit in a field is a digit.
        auto* name = at.find<QLineEdit>("studyName");
        name->setFocus();
        QTest::keyClick(name, Qt::Key_3);
        QCOMPARE(at.window->currentPage(), ui::PageId::design);
        QVERIFY(name->text().contains(QLatin1Char('3')));
    }

    void everyPageIsRegistered() {
        const std::vector<ui::PageInfo> infos = ui::page_infos();
        std::set<ui::PageId> ids;
        for (const ui::PageInfo& info : infos) {
            QVERIFY(ids.insert(info.id).second);
            QVERIFY(!info.title.isEmpty());
            QVERIFY(!ui::icon(info.icon).pixmap(16).toImage().isNull());
        }
        WindowUnderTest at;
        auto* tabs = at.find<QTabBar>("modes");
        QCOMPARE(tabs->count(), static_cast<int>(infos.size()));
        QCOMPARE(at.window->currentPage(), infos.front().id);
        // A tab leads to its page, and only that page's keys act.
        for (int tab = tabs->count() - 1; tab >= 0; --tab) {
            tabs->setCurrentIndex(tab);
            QCOMPARE(at.window->currentPage(), infos[static_cast<std::size_t>(tab)].id);
        }
        at.window->showPage(ui::PageId::results);
        const auto enabled = [](const ui::Page* page) {
            const QList<QAction*> actions = page->pageActions();
            return std::count_if(actions.begin(), actions.end(), [](const QAction* a) { return a->isEnabled(); });
        };
        QVERIFY(enabled(at.window->page<ui::ResultsPage>()) > 0);
        QVERIFY(enabled(at.window->page<ui::ReplayPage>()) == 0);
    }

    void countsAndNounsAgree() {
        ui::EnglishPlurals::install();
        ui::EnglishPlurals::install(); // once more changes nothing
        QCOMPARE(qApp->findChildren<ui::EnglishPlurals*>().size(), qsizetype(1));
        QCOMPARE(ui::Words::runs(1), QStringLiteral("1 run"));
        QCOMPARE(ui::Words::runs(0), QStringLiteral("0 runs"));
        QCOMPARE(ui::Words::runs(40), QStringLiteral("40 runs"));
        const auto say = [](const char* text, int n) { return QCoreApplication::translate("test", text, nullptr, n); };
        QCOMPARE(say("%n problem(s) (prevents|prevent) it (Ctrl+P)", 1),
                 QStringLiteral("1 problem prevents it (Ctrl+P)"));
        QCOMPARE(say("%n problem(s) (prevents|prevent) it (Ctrl+P)", 2),
                 QStringLiteral("2 problems prevent it (Ctrl+P)"));
        QCOMPARE(say("an open ( bracket and %n more", 3), QStringLiteral("an open ( bracket and 3 more"));
        // Without a count a text stays as it is.
        QCOMPARE(QCoreApplication::translate("test", "word(s)"), QStringLiteral("word(s)"));
        // One of everything: no page says "1 seeds".
        WindowUnderTest at;
        QVERIFY(at.open());
        Study one = window_study({1}, 1);
        one.methods.resize(1);
        QVERIFY(at.playToEnd(one));
        static const QRegularExpression wrong(
            QStringLiteral("\\b1</b>? (runs|seeds|arms|methods|problems|labels|layers)\\b|\\(s\\)|%n"));
        auto* sections = at.find<QListWidget>("sections");
        for (const ui::PageInfo& page : at.window->pages()) {
            at.window->showPage(page.id);
            for (int section = 0; section < sections->count(); ++section) {
                sections->setCurrentRow(section);
                QStringList texts;
                for (const auto* label : at.window->findChildren<QLabel*>())
                    texts << label->text();
                for (const auto* button : at.window->findChildren<QAbstractButton*>())
                    texts << button->text() << button->toolTip();
                for (const auto* list : at.window->findChildren<QListWidget*>()) {
                    for (int row = 0; row < list->count(); ++row)
                        texts << list->item(row)->text();
                }
                for (const QString& text : texts)
                    QVERIFY2(!wrong.match(text).hasMatch(), qPrintable(page.title + QStringLiteral(": ") + text));
                if (page.id != ui::PageId::design) break;
            }
        }
    }

    void actionFinder() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QTest::keySequence(at.window.get(), QKeySequence(QStringLiteral("Ctrl+K")));
        auto* finder = at.window->findChild<ui::ActionFinder*>();
        QVERIFY(finder != nullptr);
        auto* edit = at.find<QLineEdit>("finderEdit");
        auto* list = at.find<QListWidget>("finderList");
        const int all = list->count();
        QTest::keyClicks(edit, QStringLiteral("new st"));
        QVERIFY(list->count() >= 1 && list->count() < all);
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(at.window->currentPage(), ui::PageId::design);
    }

    void geometryIsRemembered() {
        TemporaryFolder folder;
        QSize size;
        QList<int> panes;
        for (const bool again : {false, true}) {
            WindowUnderTest at;
            set_home_folder(folder / "home");
            ui::MainWindow window(*at.workspace);
            window.show();
            QVERIFY(QTest::qWaitForWindowExposed(&window, patience_ms));
            auto* splitter = window.findChild<QSplitter*>(QStringLiteral("homeSplitter"));
            if (again) {
                EVENTUALLY_EQUAL(window.size(), size);
                QCOMPARE(splitter->sizes(), panes);
            } else {
                window.resize(1111, 700);
                splitter->setSizes({400, 711});
                QCoreApplication::processEvents();
                size = window.size();
                panes = splitter->sizes();
            }
            window.close();
        }
    }

    void unreadableDatabaseSaysSo() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowExposed(at.window.get(), patience_ms));
        auto* banner = at.find<QFrame>("banner");
        QVERIFY(!banner->isVisible());
        write_text(at.folder() / "broken.db", std::string(2000, 'x'));
        QVERIFY(!at.workspace->openDatabase(at.folder() / "broken.db"));
        QVERIFY(banner->isVisible());
        QVERIFY2(at.find<QLabel>("bannerText")->text().contains(QLatin1String("broken.db")),
                 qPrintable(at.find<QLabel>("bannerText")->text()));
        QVERIFY(!at.find<QPushButton>("runNow")->isEnabled());
        QTest::mouseClick(at.find<QPushButton>("dismissBanner"), Qt::LeftButton);
        QVERIFY(!banner->isVisible());
        QVERIFY(at.open());
        QVERIFY(at.find<QPushButton>("runNow")->isEnabled());
    }

    void aSecondWindowReadsOnly() {
        WindowUnderTest first;
        QVERIFY(first.open());
        QVERIFY(first.playToEnd(window_study({1}, 1)));
        WindowUnderTest second;
        QVERIFY(second.workspace->openDatabase(first.workspace->databaseFile()));
        QVERIFY(second.workspace->readOnly());
        QCOMPARE(second.problems.size(), 1);
        QVERIFY(!second.find<QPushButton>("runNow")->isEnabled());
        QCOMPARE(second.workspace->queue().finished, std::size_t(2));
        // It learns of what the first one stores.
        QSignalSpy stored(second.workspace.get(), &ui::Workspace::statesStored);
        QVERIFY(first.playToEnd(window_study({2}, 1)));
        QVERIFY(stored.count() > 0 || stored.wait(patience_ms));
    }

    void openAndImportThroughTheMenu() {
        WindowUnderTest at;
        ui::file_dialog::nextAnswer() = ui::qs((at.folder() / "other.db").string());
        QVERIFY(trigger(at, "Open database…"));
        QVERIFY(at.workspace->hasDatabase());
        at.workspace->openDesign(window_study());
        const std::filesystem::path file = at.folder() / "study.json";
        ui::file_dialog::nextAnswer() = ui::qs(file.string());
        QVERIFY(trigger(at, "Save study as…"));
        at.workspace->newStudy();
        ui::file_dialog::nextAnswer() = ui::qs(file.string());
        QVERIFY(trigger(at, "Import study…"));
        QCOMPARE(at.workspace->design().title, std::string("Window study"));
        write_text(file, "{");
        ui::file_dialog::nextAnswer() = ui::qs(file.string());
        QVERIFY(trigger(at, "Import study…"));
        QVERIFY(at.find<QLabel>("bannerText")->text().contains(QLatin1String("study.json")));
    }

    void aStoredStudyIsDesignedAgain() {
        WindowUnderTest at;
        QVERIFY(at.open());
        const Study study = window_study({1, 2, 3}, 1);
        QVERIFY(at.playToEnd(study));
        at.workspace->newStudy();
        QVERIFY(trigger(at, "Design a study like this"));
        QCOMPARE(to_json(at.workspace->design()), to_json(study));
        QVERIFY(at.window->page<ui::DesignPage>()->isVisible());
    }

    // Seeds of different speed: at the play head, chart and table have the step that all of them had reached.
    void replayHasOneTruthAtThePlayHead() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QVERIFY(at.open());
        Study study = window_study({1, 2, 3}, 1);
        study.methods.resize(1);
        at.workspace->openDesign(study);
        QVERIFY(at.settle());
        QVERIFY(at.workspace->startStudy());
        while (at.workspace->running()) {
            EVENTUALLY(at.hand->job().key != 0 || !at.workspace->running());
            const RunJob job = at.hand->job();
            if (job.key == 0) break;
            std::vector<RunEvent> events = finished_run(job);
            for (RunEvent& event : events) {
                auto* points = std::get_if<MetricPoints>(&event);
                for (std::size_t i = 0; points != nullptr && i < points->points.size(); ++i)
                    points->points[i].wall_s *= static_cast<double>(job.spec.seed);
            }
            at.hand->send(std::move(events));
        }
        EVENTUALLY(!at.workspace->running());
        at.window->showPage(ui::PageId::replay);
        auto* replay = at.window->page<ui::ReplayPage>();
        replay->seek(6.5); // the first seed is done, the second at step 30, the third at 20
        auto* table = replay->findChild<QTableWidget*>(QStringLiteral("values"));
        std::vector<double> scores;
        for (const RunRecord& run : at.workspace->reader().runs(at.workspace->currentStudy()))
            scores.push_back(100 * replay->curves().find(run.id, {"validation", "", "accuracy"})->value.at(1));
        const Estimate e = estimate(scores);
        QCOMPARE(e.n, std::size_t(3));
        const QString expected = QString::number(e.mean, 'f', 1) + QStringLiteral(" ±");
        QVERIFY2(comes_true([&] { return table->item(0, 3)->text().startsWith(expected); }),
                 qPrintable(table->item(0, 3)->text()));
        QCOMPARE(table->item(0, 4)->text(), QStringLiteral("3"));
        auto* plot = replay->findChild<ui::CurvePlot*>(QStringLiteral("scorePlot"));
        plot->redraw();
        const auto* drawing = plot->findChild<QCustomPlot*>();
        double end = 0, mean = 0;
        for (int i = 0; i < drawing->graphCount(); ++i) {
            const QCPGraph* graph = drawing->graph(i);
            if (graph->pen().widthF() < 2 || graph->data()->isEmpty()) continue; // means are broad
            end = (graph->data()->constEnd() - 1)->key;
            mean = (graph->data()->constEnd() - 1)->value;
        }
        QCOMPARE(end, 20.0);
        QVERIFY(std::abs(mean - e.mean) < 1e-9);
    }

    void replayHidesTheFuture() {
        WindowUnderTest at;
        QVERIFY(QTest::qWaitForWindowActive(at.window.get(), patience_ms));
        QVERIFY(at.open());
        QVERIFY(at.playToEnd(window_study({1, 2, 3}, 1)));
        at.window->showPage(ui::PageId::replay);
        auto* replay = at.window->page<ui::ReplayPage>();
        QVERIFY(std::abs(replay->duration() - 4.1) < 1e-9);
        auto* plot = replay->findChild<ui::CurvePlot*>();
        QCOMPARE(plot->view().untilWall, std::numeric_limits<double>::infinity());
        auto* scrubber = at.find<QSlider>("scrubber");
        EVENTUALLY_EQUAL(at.window->focusWidget(), scrubber); // ready to be played by keys
        QTest::keyClick(scrubber, Qt::Key_Home);
        QCOMPARE(replay->position(), 0.0);
        QTest::keyClick(scrubber, Qt::Key_Right, Qt::ShiftModifier); // the first evaluation, step 10
        QVERIFY(std::abs(replay->position() - 1.0) < 1e-9);
        QCOMPARE(plot->view().untilWall, replay->position());
        QTest::keyClick(scrubber, Qt::Key_Right);
        QVERIFY(std::abs(replay->position() - 1.1) < 1e-9);
        // Fewer runs: unticking an arm takes its runs away, one seed can stay.
        auto* runs = at.find<QTreeWidget>("runs");
        QCOMPARE(runs->topLevelItemCount(), 2);
        const RowId first = runs->topLevelItem(0)->child(0)->data(0, Qt::UserRole).toLongLong();
        QVERIFY(replay->curves().find(first, {"train", "", "loss"}) != nullptr);
        runs->topLevelItem(0)->setCheckState(0, Qt::Unchecked);
        EVENTUALLY(replay->curves().find(first, {"train", "", "loss"}) == nullptr);
        QVERIFY(std::abs(replay->position() - 1.1) < 1e-9);
    }
};

DIAPASON_TEST(TestShell)
#include "tests/support/places.h"

#include "test_shell.moc"
