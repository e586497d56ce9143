// slow
// kill -9 at random moments: of the program, and of one of its children.

#include "core/store/connection.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/program.h"

#include <csignal>
#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::vector<int> children_of(qint64 pid) {
    std::ifstream list("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
    std::vector<int> children;
    for (int child = 0; list >> child;)
        children.push_back(child);
    // Children are started by a thread; each thread lists its own.
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
        if (task.path().filename() == std::to_string(pid)) continue;
        std::ifstream own(task.path() / "children");
        for (int child = 0; own >> child;)
            children.push_back(child);
    }
    return children;
}

bool alive(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string id, name, state;
    status >> id >> name >> state;
    return !state.empty() && state != "Z";
}

void write_study(const std::filesystem::path& file, int steps) {
    Json document = tiny_study();
    document["training"]["steps"] = steps;
    document["training"]["evaluate_every"] = 20;
    write_text(file, document.dump());
}

/// Intact, and every series complete up to its end: steps without a gap and none twice.
void check_database(const std::filesystem::path& file) {
    Connection connection(file, Connection::Mode::read_only);
    QCOMPARE(connection.text("PRAGMA integrity_check"), std::string("ok"));
    QCOMPARE(connection.value("SELECT count(*) FROM pragma_foreign_key_check"), std::int64_t(0));
    Statement statement(connection, "SELECT s.id, count(*), count(DISTINCT p.step), min(p.step), max(p.step) "
                                    "FROM point p JOIN series s ON s.id = p.series "
                                    "WHERE s.metric = 'train/loss' GROUP BY s.id");
    while (statement.step()) {
        QCOMPARE(statement.integer(1), statement.integer(2));
        QCOMPARE(statement.integer(3), std::int64_t(1));
        QCOMPARE(statement.integer(4), statement.integer(1));
    }
    QCOMPARE(connection.value("SELECT count(*) FROM (SELECT 1 FROM prediction GROUP BY run, split, step, item "
                              "HAVING count(*) > 1)"),
             std::int64_t(0));
}

} // namespace

class TestKill : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theProgramTwentyTimes() {
        TemporaryFolder folder;
        write_study(folder / "study.json", 400);
        std::mt19937 random(20260101);
        int interrupted = 0, with_points = 0;
        for (int round = 0; round < 20; ++round) {
            QProcess program;
            prepare(program, folder.path(),
                    {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("study.json"),
                     QStringLiteral("--executor"), round % 2 ? QStringLiteral("thread") : QStringLiteral("processes")});
            program.start();
            QVERIFY(program.waitForStarted());
            program.waitForFinished(200 + int(random() % 3000));
            const std::vector<int> children = children_of(program.processId());
            program.kill();
            QVERIFY(program.waitForFinished());
            // Children notice that nobody listens any more.
            for (const int child : children)
                QTRY_VERIFY_WITH_TIMEOUT(!alive(child), 20000);
            if (!std::filesystem::exists(folder / "diapason.db")) continue; // killed before it began
            check_database(folder / "diapason.db");
            if (QTest::currentTestFailed()) return;
            { Store store(folder / "diapason.db"); } // the next start tidies up
            const StoreReader reader(folder / "diapason.db");
            for (const StudyRecord& study : reader.studies(true)) {
                for (const RunRecord& run : reader.runs(study.id)) {
                    QVERIFY2(run.state == "interrupted" || run.state == "queued" || run.state == "finished",
                             run.state.c_str());
                    interrupted += run.state == "interrupted";
                    with_points += run.state == "interrupted" && !reader.series(run.id).empty();
                }
            }
        }
        QVERIFY2(interrupted >= 10 && with_points >= 5, "the kills came too early to prove anything");
    }

    void interruptedStudiesGoOn() {
        TemporaryFolder folder;
        write_study(folder / "study.json", 60);
        QProcess program;
        prepare(program, folder.path(), {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("study.json")});
        program.start();
        program.waitForFinished(3000);
        program.kill();
        program.waitForFinished();
        const Outcome outcome = run_cli(folder.path(), {QStringLiteral("study"), QStringLiteral("run"),
                                                        QStringLiteral("--continue"), QStringLiteral("1")});
        QVERIFY2(outcome.code == 0, outcome.error.c_str());
        check_database(folder / "diapason.db");
        for (const RunRecord& run : StoreReader(folder / "diapason.db").runs(1))
            QVERIFY2(run.state == "finished", run.state.c_str());
    }

    void oneChildAndTheStudyGoesOn() {
        TemporaryFolder folder;
        write_study(folder / "study.json", 120);
        QProcess program;
        prepare(program, folder.path(), {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("study.json")});
        program.start();
        QTRY_VERIFY_WITH_TIMEOUT(!children_of(program.processId()).empty(), 20000);
        QTest::qWait(2000);
        const std::vector<int> children = children_of(program.processId());
        QVERIFY(!children.empty());
        ::kill(children.front(), SIGKILL);
        QVERIFY(program.waitForFinished(200000));
        QCOMPARE(program.exitCode(), 1);
        check_database(folder / "diapason.db");
        int failed = 0, finished = 0;
        for (const RunRecord& run : StoreReader(folder / "diapason.db").runs(1)) {
            failed += run.state == "failed";
            finished += run.state == "finished";
            if (run.state == "failed") QVERIFY2(run.message.find("KILL") != std::string::npos, run.message.c_str());
        }
        QCOMPARE(failed, 1);
        QCOMPARE(finished, 3);
    }
};

QTEST_GUILESS_MAIN(TestKill)
#include "test_kill.moc"
