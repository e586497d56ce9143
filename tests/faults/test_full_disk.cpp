// slow
// Disks that are full or broken for a while, for the whole program and its children: runs wait, and no finished run has
// a hole. tests/faults/disk_campaign.sh does the last test at every write.

#include "core/store/store.h"
#include "experiments/run/study_session.h"
#include "tests/support/failing_disk.h"
#include "tests/support/fake_executor.h"
#include "tests/support/plans.h"
#include "tests/support/stored_result.h"
#include "tests/support/trouble.h"

#include <QElapsedTimer>

#include <csignal>
#include <numeric>
#include <set>

using namespace diapason;
using namespace diapason::testing;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

Json study_of_seconds() {
    Json document = tiny_study();
    document["training"]["steps"] = 60;
    document["training"]["evaluate_every"] = 20;
    return document;
}

QStringList study_run(bool thread, const QStringList& more = {}) {
    return QStringList{QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("--executor"),
                       thread ? QStringLiteral("thread") : QStringLiteral("processes")} +
           (more.isEmpty() ? QStringList{QStringLiteral("study.json")} : more);
}

Outcome go_on(const fs::path& home) {
    return run_cli(home, study_run(false, {QStringLiteral("--continue"), QStringLiteral("1")}));
}

} // namespace

class TestFullDisk : public QObject {
    Q_OBJECT

    std::vector<std::string> m_expected;

    // The study on a good disk, once.
    const std::vector<std::string>& expected() {
        if (!m_expected.empty()) return m_expected;
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of_seconds().dump());
        const Outcome outcome = run_cli(folder.path(), study_run(false));
        if (outcome.code != 0) throw std::runtime_error(outcome.error);
        return m_expected = result_of(folder / "diapason.db");
    }

    static Plan small_study(int seeds) {
        Json document = tiny_study();
        document["seeds"] = Json::array();
        for (int seed = 1; seed <= seeds; ++seed)
            document["seeds"].push_back(seed);
        return planned(document);
    }

private Q_SLOTS:
    void aSessionWaitsAndGoesOn() {
        TemporaryFolder folder;
        Store store(folder / "a.db", {100ms, 64u << 20});
        auto executor = std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }, 1, true);
        FakeExecutor& runs = *executor;
        StudySession session(store, std::move(executor), small_study(2));
        std::atomic<int> done = 0;
        session.set_listener({{}, {}, [&] { ++done; }});
        {
            const FailingDisk disk;
            session.start();
            EVENTUALLY(!session.status().stalled.empty());
            QCOMPARE(runs.pauses.size(), std::size_t(1));
            QVERIFY(runs.pauses.front().second);
            session.pause(true);
            session.pause(false); // by hand: the disk is still full
            QVERIFY(runs.pauses.back().second);
            runs.release(); // what runs tells what it has; nothing new starts
            QVERIFY(!session.wait(500ms));
            QCOMPARE(session.status().finished, std::size_t(1));
            QCOMPARE(session.status().queued, std::size_t(3));
        }
        QVERIFY(session.wait(patience));
        QCOMPARE(done.load(), 1);
        QVERIFY(session.status().stalled.empty());
        const StoreReader reader(folder / "a.db"); // all of it, when the session says so
        for (const RunRecord& run : reader.runs(1)) {
            QCOMPARE(run.state, RunState::finished);
            QCOMPARE(reader.points(run.id, {"train", "", "loss"}).step.size(), std::size_t(5));
        }
        std::set<std::string> said;
        for (const EventRecord& event : reader.events(1))
            said.insert(event.severity);
        QVERIFY(said.contains("warning"));
    }

    // The last rows wait: the study is not done before they are stored, and stops at once when somebody wants that.
    void aStoppedSessionDoesNotWait() {
        TemporaryFolder folder;
        Store store(folder / "a.db", {100ms, 64u << 20});
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             small_study(1));
        const FailingDisk disk;
        session.start();
        QVERIFY(!session.wait(1s));
        session.interrupt_all();
        QVERIFY(session.wait(1s));
    }

    void runsThatAreLostAreFailed() {
        TemporaryFolder folder;
        Store store(folder / "a.db", {100ms, 1000});
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             small_study(1));
        {
            const FailingDisk disk;
            session.start();
            EVENTUALLY(session.status().failed > 0);
        }
        QVERIFY(session.wait(patience));
        const StoreReader reader(folder / "a.db");
        for (const QueueEntry& entry : session.status().entries) {
            QCOMPARE(entry.state == RunState::finished, reader.run(entry.run)->state == RunState::finished);
            if (entry.state == RunState::finished) continue;
            QCOMPARE(entry.error, ErrorKind::storage);
            QVERIFY(entry.message.find("could not be stored") != std::string::npos);
        }
    }

    // From the first row on, and longer than runs like to wait for.
    void aDiskThatIsFullFromTheStart() {
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of_seconds().dump());
        write_text(folder / "full", "");
        QProcess program;
        prepare_with(program, folder.path(), study_run(false), {"DIAPASON_FAIL_WHILE", (folder / "full").string()});
        program.start();
        const Outcome outcome = outcome_of(program, patience_ms);
        QVERIFY2(outcome.code == 4, outcome.error.c_str());
        QVERIFY2(outcome.says("diapason.db"), outcome.error.c_str());
        QVERIFY(!fs::exists(folder / "diapason.db")); // an empty one would be taken for a damaged one
    }

    void aDiskThatIsFullForAWhile_data() {
        QTest::addColumn<bool>("thread");
        QTest::addColumn<int>("milliseconds");
        QTest::newRow("processes, shortly") << false << 1500;
        QTest::newRow("thread, shortly") << true << 1500;
        QTest::newRow("processes, until runs wait") << false << 8000;
        QTest::newRow("thread, until runs wait") << true << 8000;
    }
    void aDiskThatIsFullForAWhile() {
        QFETCH(bool, thread);
        QFETCH(int, milliseconds);
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of_seconds().dump());
        QProcess program;
        prepare_with(program, folder.path(),
                     study_run(thread, {QStringLiteral("study.json"), QStringLiteral("--quiet")}),
                     {"DIAPASON_FAIL_WHILE", (folder / "full").string()});
        program.start();
        EVENTUALLY(has_study(folder / "diapason.db"));
        write_text(folder / "full", "");
        QVERIFY(!program.waitForFinished(milliseconds));
        fs::remove(folder / "full");
        const Outcome outcome = outcome_of(program, patience_ms);
        QVERIFY2(outcome.code == 0, outcome.error.c_str());
        if (milliseconds > 6000)
            QVERIFY2(outcome.says("The runs wait") && outcome.says("go on"), outcome.error.c_str());
        check_intact(folder / "diapason.db");
        QVERIFY(result_of(folder / "diapason.db") == expected());
    }

    // Patience ends: 4, and the next start goes on as if nothing had been.
    void aDiskThatStaysFull() {
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of_seconds().dump());
        QProcess program;
        prepare_with(
            program, folder.path(),
            study_run(false, {QStringLiteral("study.json"), QStringLiteral("--wait-for-storage"), QStringLiteral("1")}),
            {"DIAPASON_FAIL_WHILE", (folder / "full").string()});
        program.start();
        EVENTUALLY(has_study(folder / "diapason.db"));
        write_text(folder / "full", "");
        const Outcome outcome = outcome_of(program, patience_ms);
        QVERIFY2(outcome.code == 4, (std::to_string(outcome.code) + outcome.error).c_str());
        fs::remove(folder / "full");
        check_intact(folder / "diapason.db");
        const Outcome next = go_on(folder.path());
        QVERIFY2(next.code == 0, next.error.c_str());
        QVERIFY(result_of(folder / "diapason.db") == expected());
    }

    // SIGTERM while runs wait: within five seconds, 75.
    void askedToEndWhileRunsWait() {
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of_seconds().dump());
        QProcess program;
        prepare_with(program, folder.path(), study_run(false), {"DIAPASON_FAIL_WHILE", (folder / "full").string()});
        program.start();
        EVENTUALLY(has_study(folder / "diapason.db"));
        write_text(folder / "full", "");
        QVERIFY(!program.waitForFinished(7000));
        QElapsedTimer timer;
        timer.start();
        ::kill(pid_t(program.processId()), SIGTERM);
        const Outcome outcome = outcome_of(program, patience_ms);
        QVERIFY2(outcome.code == 75 || outcome.code == 4, (std::to_string(outcome.code) + outcome.error).c_str());
        QVERIFY(timer.elapsed() < 5000);
    }

    // The k-th write of the whole tree of processes, once or for ever: no signal, no finished run with a hole, and the
    // next start ends with the bits of a good disk.
    void theWriteThatFails() {
        std::vector<int> numbers = {1, 80, 200};
        if (const int last = qEnvironmentVariableIntValue("DIAPASON_WRITES"); last > 0) {
            numbers.resize(std::size_t(last));
            std::iota(numbers.begin(), numbers.end(), 1);
        }
        std::map<int, int> codes;
        for (const int number : numbers) {
            for (const int error : {ENOSPC, EIO}) {
                for (const bool for_ever : {false, true}) {
                    TemporaryFolder folder;
                    write_text(folder / "study.json", study_of_seconds().dump());
                    const std::string at = (folder / "count").string() + ":" + std::to_string(number) + ":" +
                                           (for_ever ? "1000000000" : "1") + ":" + std::to_string(error);
                    QProcess program;
                    prepare_with(
                        program, folder.path(),
                        study_run(number % 2 == 0, {QStringLiteral("study.json"), QStringLiteral("--quiet"),
                                                    QStringLiteral("--wait-for-storage"), QStringLiteral("0.5")}),
                        {"DIAPASON_FAIL_AT", at});
                    program.start();
                    const Outcome outcome = outcome_of(program, patience_ms);
                    ++codes[outcome.code];
                    const QByteArray trial =
                        QByteArray::fromStdString(at + ": " + std::to_string(outcome.code) + " " + outcome.error);
                    QVERIFY2(outcome.code == 0 || outcome.code == 4 || outcome.code == 75, trial);
                    if (!has_study(folder / "diapason.db")) continue; // refused before anything was stored
                    check_intact(folder / "diapason.db");
                    if (outcome.code != 0) {
                        const Outcome next = go_on(folder.path());
                        QVERIFY2(next.code == 0, (trial.toStdString() + next.error).c_str());
                    }
                    QVERIFY2(result_of(folder / "diapason.db") == expected(), trial);
                }
            }
        }
        std::string counts;
        for (const auto& [code, count] : codes)
            counts += std::to_string(count) + " × " + std::to_string(code) + "  ";
        qInfo("exit codes: %s", counts.c_str());
        QVERIFY(codes.size() > 1); // some were hit
    }
};

DIAPASON_TEST(TestFullDisk)
#include "test_full_disk.moc"
