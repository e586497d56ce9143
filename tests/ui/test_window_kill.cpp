// slow
// kill -9 of the window while it trains, in its worker thread or in children: the next window goes on and ends with the
// bits of one that nobody stopped. tests/faults/campaign.sh does the same many times over.

#include "tests/support/program.h"
#include "tests/support/stored_result.h"
#include "tests/ui/real_engine.h"
#include "tests/ui/ui_support.h"

#include <QElapsedTimer>
#include <QProcess>

#include <csignal>
#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

/// Its runs leave a checkpoint behind every step.
class OftenStored : public Executor {
public:
    explicit OftenStored(std::unique_ptr<Executor> executor) : m_executor(std::move(executor)) {}
    void set_sink(Sink sink) override { m_executor->set_sink(std::move(sink)); }
    int capacity() const override { return m_executor->capacity(); }
    void submit(RunJob job) override {
        job.place.policy.checkpoint_every_s = 0;
        m_executor->submit(std::move(job));
    }
    void stop(std::int64_t key, Stop why) override { m_executor->stop(key, why); }
    void pause(std::int64_t key, bool paused) override { m_executor->pause(key, paused); }
    std::string describe() const override { return m_executor->describe(); }

private:
    std::unique_ptr<Executor> m_executor;
};

Json study_of_a_second() {
    Json study = tiny_study();
    study["training"]["steps"] = 60;
    study["training"]["evaluate_every"] = 20;
    return study;
}

/// A window that trains the study in `home`, or goes on with it. @return 0 when the last run has ended
int window_at_work(const fs::path& home, bool processes) {
    set_home_folder(home / "home");
    ui::Workspace workspace;
    workspace.setExecutorFactory([processes] {
        return std::make_unique<OftenStored>(processes ? make_process_executor(2) : make_thread_executor());
    });
    ui::MainWindow window(workspace);
    window.show();
    if (!workspace.openDatabase(home / "diapason.db")) return 3;
    if (!has_study(home / "diapason.db")) {
        workspace.openDesign(study_from_json(study_of_a_second(), "study"));
        workspace.startSoon();
    } else if (workspace.resumableRuns(1) > 0 && !workspace.resumeStudy(1)) {
        return 4;
    } else if (workspace.resumableRuns(1) == 0 && !workspace.running()) {
        return 0;
    }
    if (!comes_true([&] { return workspace.running(); })) return 5;
    return comes_true([&] { return !workspace.running(); }) ? 0 : 6;
}

} // namespace

class TestWindowKill : public QObject {
    Q_OBJECT

    std::mt19937 m_random{20261201};

    static void start(QProcess& window, const fs::path& home, bool processes) {
        prepare(window, home, {QStringLiteral("window_kill")});
        QProcessEnvironment environment = window.processEnvironment();
        environment.insert(QStringLiteral("DIAPASON_WINDOW_AT_WORK"),
                           processes ? QStringLiteral("processes") : QStringLiteral("thread"));
        window.setProcessEnvironment(environment);
        window.setProgram(QCoreApplication::applicationFilePath());
        window.start();
    }

    static void whole(const fs::path& home, bool processes, std::vector<std::string>& result) {
        QProcess window;
        start(window, home, processes);
        const Outcome outcome = outcome_of(window, patience_ms);
        QVERIFY2(outcome.code == 0, (std::to_string(outcome.code) + " " + outcome.error).c_str());
        check_intact(home / "diapason.db");
        result = result_of(home / "diapason.db");
    }

private Q_SLOTS:
    // This process may be the window of the test that has started it.
    void initTestCase() {
        QVERIFY(link_engine());
        const QByteArray executor = qgetenv("DIAPASON_WINDOW_AT_WORK");
        if (!executor.isEmpty()) std::_Exit(window_at_work(fs::current_path(), executor == "processes"));
    }

    void killedWhileItTrains_data() {
        QTest::addColumn<bool>("processes");
        QTest::newRow("worker thread") << false;
        QTest::newRow("processes") << true;
    }
    void killedWhileItTrains() {
        QFETCH(bool, processes);
        std::vector<std::string> expected, result;
        QElapsedTimer timer;
        timer.start();
        {
            TemporaryFolder folder;
            whole(folder.path(), processes, expected);
        }
        const auto milliseconds = unsigned(timer.elapsed());
        if (QTest::currentTestFailed()) return;
        const int trials = environment_number("DIAPASON_WINDOW_KILLS", 2);
        int hit = 0;
        for (int trial = 0; trial < trials; ++trial) {
            TemporaryFolder folder;
            for (unsigned stop = 1 + m_random() % 3; stop > 0; --stop) {
                QProcess window;
                start(window, folder.path(), processes);
                QVERIFY(window.waitForStarted());
                if (window.waitForFinished(200 + int(m_random() % milliseconds))) break; // too late to hit anything
                const std::vector<int> children = children_of(window.processId());
                window.kill();
                QVERIFY(window.waitForFinished(patience_ms));
                for (const int child : children)
                    EVENTUALLY(!alive(child));
                ++hit;
                if (has_study(folder / "diapason.db")) check_intact(folder / "diapason.db");
            }
            whole(folder.path(), processes, result);
            if (QTest::currentTestFailed()) return;
            QVERIFY(result == expected);
        }
        qInfo("%d trials, %d kills; all ended bit-identical", trials, hit);
        QVERIFY(hit * 2 >= trials);
    }
};

DIAPASON_TEST(TestWindowKill)
#include "test_window_kill.moc"
