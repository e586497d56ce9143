// Edits are checked beside the window: nothing is read again, the newest edit wins, and what starts is what was
// checked.

#include "core/store/connection.h"
#include "tests/ui/ui_support.h"

#include <QPushButton>
#include <QTableView>

using namespace diapason;
using namespace diapason::testing;

class TestPlanning : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;

    void setRank(int rank) {
        m_at->workspace->edit(QStringLiteral("rank"), [&](Study& study) { study.methods[0].options["rank"] = rank; });
    }

private Q_SLOTS:
    void init() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(m_at->open());
        m_at->window->showPage(ui::PageId::design);
        m_at->workspace->openDesign(window_study());
        QVERIFY(m_at->settle());
    }
    void cleanup() { m_at.reset(); }

    void editsAndStartsReadNothing() {
        const PlanSources::Counts before = m_at->workspace->sources().counts();
        for (int rank = 1; rank <= 20; ++rank) {
            setRank(rank);
            QVERIFY(m_at->settle());
        }
        const PlanSources::Counts edited = m_at->workspace->sources().counts();
        QCOMPARE(edited.configs, before.configs);
        QCOMPARE(edited.tasks, before.tasks);
        QCOMPARE(edited.plans, before.plans + 20);
        QVERIFY(m_at->workspace->startStudy());
        const PlanSources::Counts started = m_at->workspace->sources().counts();
        QCOMPARE(started.configs, before.configs);
        QCOMPARE(started.tasks, before.tasks);
        QCOMPARE(started.plans, edited.plans); // the one that was checked
        EVENTUALLY(m_at->hand->job().key != 0);
        QCOMPARE(m_at->hand->job().spec.method_options.at("rank"), Json(20));
        QCOMPARE(m_at->hand->job().place.task.at("id"), Json("section"));
        m_at->workspace->cancelAll();
    }

    // A burst of edits is one plan or a few, and the last one is what is shown.
    void theNewestEditWins() {
        int shown = 0;
        connect(m_at->workspace.get(), &ui::Workspace::planChanged, this, [&] { ++shown; });
        const std::size_t before = m_at->workspace->sources().counts().plans;
        for (int rank = 1; rank <= 50; ++rank)
            setRank(rank);
        QVERIFY(!m_at->workspace->checked());
        QVERIFY(m_at->settle());
        QCOMPARE(shown, 1);
        QVERIFY(m_at->workspace->sources().counts().plans - before <= 50);
        QCOMPARE(m_at->workspace->plan()->arms.front().spec.method_options.at("rank"), Json(50));
    }

    void nothingStartsUnchecked() {
        auto* start = m_at->find<QPushButton>("start");
        QVERIFY(start->isEnabled());
        setRank(0);
        QVERIFY(!start->isEnabled());
        QVERIFY(!m_at->workspace->startStudy());
        QVERIFY(!m_at->workspace->running());
        QVERIFY(m_at->settle());
        QCOMPARE(m_at->workspace->plan()->problems.size(), std::size_t(1));
        QVERIFY(!start->isEnabled());
        setRank(4);
        QVERIFY(m_at->settle());
        QVERIFY(start->isEnabled());
    }

    // Whoever starts a design at once does not wait for its rows with the window standing still.
    void aDesignStartsWhenItHasBeenRead() {
        m_at->workspace->openDesign(window_study());
        m_at->workspace->startSoon();
        QVERIFY(!m_at->workspace->running());
        EVENTUALLY(m_at->workspace->running());
        m_at->workspace->cancelAll();
        EVENTUALLY(!m_at->workspace->running());
        // Known by now.
        m_at->workspace->startSoon();
        QVERIFY(m_at->workspace->running());
        m_at->workspace->cancelAll();
        EVENTUALLY(!m_at->workspace->running());
        // An edit calls it off, and what cannot start says why.
        m_at->workspace->openDesign(window_study());
        m_at->workspace->startSoon();
        setRank(3);
        QVERIFY(m_at->settle());
        QVERIFY(!m_at->workspace->running());
        m_at->problems.clear();
        setRank(0);
        m_at->workspace->startSoon();
        QVERIFY(m_at->settle());
        QVERIFY(!m_at->workspace->running());
        EVENTUALLY(m_at->problems.join(QLatin1Char(' ')).contains(QLatin1String("rank")));
    }

    // What is wrong with rows is found before anything is stored, and found again when the file is mended.
    void rowsAreReadBeforeTheStart() {
        const auto rows = m_at->folder() / "rows.tsv";
        std::string good = "sentence\tlabel\n";
        for (int i = 0; i < 60; ++i)
            good += "Package " + std::to_string(i) + (i % 2 == 0 ? "\ta\n" : "\tb\n");
        write_text(rows, good);
        m_at->workspace->edit(QStringLiteral("task"), [&](Study& study) { study.task = rows.string(); });
        QVERIFY(m_at->settle());
        auto* start = m_at->find<QPushButton>("start");
        auto* problems = m_at->find<QListWidget>("problems");
        QVERIFY(start->isEnabled());
        // The task is known from before: its rows are looked at again.
        write_text(rows, good + "\xff\ta\n");
        QVERIFY(!m_at->workspace->startStudy());
        QVERIFY(!m_at->workspace->running());
        QVERIFY(m_at->workspace->reader().study_lines().empty());
        QVERIFY2(m_at->problems.join(QLatin1Char(' ')).contains(QLatin1String("line 62")),
                 qPrintable(m_at->problems.join(QLatin1Char(' '))));
        m_at->workspace->checkAgain();
        QVERIFY(m_at->settle());
        QVERIFY(!start->isEnabled());
        QVERIFY2(problems->item(0)->text().contains(QLatin1String("line 62")), qPrintable(problems->item(0)->text()));
        write_text(rows, good);
        m_at->workspace->checkAgain();
        QVERIFY(m_at->settle());
        QVERIFY(start->isEnabled());
    }

    void anEditThatTakesTheBaselineAwayFallsBack() {
        m_at->workspace->edit(QStringLiteral("baseline"),
                              [](Study& study) { study.baseline = "Prompt tuning, length 10"; });
        QVERIFY(m_at->settle());
        QVERIFY(m_at->workspace->plan()->problems.empty());
        m_at->workspace->edit(QStringLiteral("lengths"), [](Study& study) { study.methods[1].vary[0].levels = {5}; });
        QVERIFY(m_at->settle());
        QVERIFY(m_at->workspace->design().baseline.empty());
        QVERIFY(m_at->workspace->plan()->problems.empty());
        m_at->workspace->undoStack().undo();
        QVERIFY(m_at->settle());
        QCOMPARE(m_at->workspace->design().baseline, std::string("Prompt tuning, length 10"));
        // One that never was is said.
        m_at->workspace->edit(QStringLiteral("baseline"), [](Study& study) { study.baseline = "nobody"; });
        QVERIFY(m_at->settle());
        QCOMPARE(m_at->workspace->plan()->problems.size(), std::size_t(1));
    }

    // What an edit asks a database for does not grow with it.
    void aLargeDatabaseIsNotRead() {
        QVERIFY(m_at->playToEnd(window_study({1}, 1)));
        {
            Connection connection(m_at->workspace->databaseFile(), Connection::Mode::read_write);
            connection.execute("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                               "INSERT INTO run(uuid, study, arm, seed, state, spec, fingerprint, attempt, created_ms, "
                               "finished_ms, elapsed_ms, operations, summary) SELECT 'u' || i, study, arm, i, "
                               "'finished', 'no specification', 'f', 1, 0, 4000000000000 + i, 1000, 1e9, "
                               "'no summary' FROM n, "
                               "(SELECT study, arm FROM run LIMIT 1)");
        }
        const PlanSources::Counts before = m_at->workspace->sources().counts();
        setRank(3);
        QVERIFY(m_at->settle());
        QCOMPARE(m_at->workspace->sources().counts().configs, before.configs);
        QCOMPARE(m_at->workspace->sources().counts().tasks, before.tasks);
        QCOMPARE(m_at->workspace->reader().measured_speed(60).operations, 60e9);
    }
};

DIAPASON_TEST(TestPlanning)
#include "test_planning.moc"
