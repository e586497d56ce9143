// Children that end in unusual ways, do not end at all, or cannot be told what to do: each is a run that failed or can
// be continued, and the program goes on.

#include "core/store/run_folder.h"
#include "core/store/store_reader.h"
#include "tests/support/program.h"

#include <QElapsedTimer>

#include <csignal>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

// Long enough that it is still at work when it is hit.
Json long_study() {
    Json study = tiny_study();
    study["training"]["steps"] = 100'000;
    study["methods"] = {{{"method", "lora"}}};
    study["seeds"] = {1};
    return study;
}

bool is_running(const fs::path& database) {
    try {
        const auto runs = StoreReader(database).runs(1);
        return !runs.empty() && runs.front().state == RunState::running;
    } catch (const Error&) {
        return false;
    }
}

} // namespace

class TestProcesses : public QObject {
    Q_OBJECT

    // A program with one child that trains. @return the child
    static int begin(QProcess& program, const TemporaryFolder& folder) {
        write_text(folder / "study.json", long_study().dump());
        prepare(program, folder.path(), {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("study.json")});
        program.start();
        const bool running = comes_true([&] { return is_running(folder / "diapason.db"); });
        const std::vector<int> children = children_of(program.processId());
        return running && children.size() == 1 ? children.front() : -1;
    }

private Q_SLOTS:
    void aChildThatIsKilledIsAFailedRun_data() {
        QTest::addColumn<int>("signal");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("KILL") << SIGKILL << QByteArray("killed by signal KILL");
        QTest::newRow("SEGV") << SIGSEGV << QByteArray("killed by signal SEGV");
        QTest::newRow("a real-time signal") << SIGRTMIN << QByteArray("killed by signal 34");
        QTest::newRow("the last one") << SIGRTMAX << QByteArray("killed by signal 64");
    }
    void aChildThatIsKilledIsAFailedRun() {
        QFETCH(int, signal);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        QProcess program;
        const int child = begin(program, folder);
        QVERIFY(child > 0 && ::kill(child, signal) == 0);
        QVERIFY(program.waitForFinished(patience_ms));
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 1);
        const RunRecord run = StoreReader(folder / "diapason.db").runs(1).front();
        QCOMPARE(run.state, RunState::failed);
        QVERIFY2(run.message.find(says.toStdString()) != std::string::npos, run.message.c_str());
        QVERIFY2(run.message.find("memory") == std::string::npos, run.message.c_str()); // nobody ran out of it
    }

    // Neither of them answers; the limit is three seconds, and the test allows ten times that.
    void aChildThatDoesNotAnswerIsEnded_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("TERM") << SIGTERM;
        QTest::newRow("INT") << SIGINT;
        QTest::newRow("HUP") << SIGHUP;
        QTest::newRow("QUIT") << SIGQUIT;
    }
    void aChildThatDoesNotAnswerIsEnded() {
        QFETCH(int, signal);
        TemporaryFolder folder;
        QProcess program;
        const int child = begin(program, folder);
        QVERIFY(child > 0 && ::kill(child, SIGSTOP) == 0);
        ::kill(pid_t(program.processId()), signal);
        QVERIFY(program.waitForFinished(patience_ms));
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 75);
        QVERIFY(::kill(child, 0) != 0); // no orphan is left
        const RunRecord run = StoreReader(folder / "diapason.db").runs(1).front();
        QCOMPARE(run.state, RunState::interrupted);
        QVERIFY(can_go_on(run.state));
    }

    // Asked how it gets on, it says so and goes on; its children do not mind the question either.
    void usr1TellsHowFarItIs() {
        TemporaryFolder folder;
        QProcess program;
        const int child = begin(program, folder);
        QVERIFY(child > 0);
        ::kill(child, SIGUSR1);
        ::kill(pid_t(program.processId()), SIGUSR1);
        QByteArray said;
        EVENTUALLY((said += program.readAllStandardError()).contains("step "));
        QVERIFY(program.state() == QProcess::Running);
        program.terminate();
        QVERIFY(program.waitForFinished(patience_ms));
        QCOMPARE(program.exitCode(), 75);
    }

    void pathsNeedNotBeUtf8() {
        TemporaryFolder folder;
        const fs::path home = folder / "home\xff";
        fs::create_directory(home);
        write_text(folder / "study.json", tiny_study().dump());
        // Qt would convert the name.
        const std::string command = "cd '" + folder.path().string() + "' && '" + built("diapason-cli").string() +
                                    "' --home '" + home.string() + "' study run study.json --seeds 1 > out 2> err";
        QCOMPARE(std::system(command.c_str()), 0);
        const auto runs = StoreReader(home / "diapason.db").runs(1);
        QCOMPARE(runs.size(), std::size_t(2));
        for (const RunRecord& run : runs) {
            QCOMPARE(run.state, RunState::finished);
            QVERIFY(fs::exists(files_folder_of(home / "diapason.db") / run.uuid / adapter_file));
        }
    }

    void namesOfTasksAreUtf8() {
        TemporaryFolder folder;
        write_text(folder / "study.json", tiny_study().dump());
        write_text(folder / "\xff.tsv", "text\tlabel\na\tx\nb\ty\n");
        const std::string command = "cd '" + folder.path().string() + "' && '" + built("diapason-cli").string() +
                                    "' --home . " + "study run study.json --task '\xff.tsv' > out 2> err";
        QCOMPARE(WEXITSTATUS(std::system(command.c_str())), 2);
        QVERIFY(read_file(folder / "err", 10000).find("is not UTF-8") != std::string::npos);
    }
};

DIAPASON_TEST(TestProcesses)
#include "test_processes.moc"
