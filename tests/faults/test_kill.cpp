// slow
// kill -9 at random moments and at syncs, of the program or of one of its children, and SIGTERM: whatever is hit, the
// study goes on and ends with the bits of one that was never stopped. tests/faults/campaign.sh runs the same many times
// over.

#include "core/store/connection.h"
#include "core/store/run_folder.h"
#include "core/store/store_reader.h"
#include "tests/support/stored_result.h"
#include "tests/support/trouble.h"

#include <QElapsedTimer>

#include <csignal>
#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

// What resuming has to get right, each in a run of a second or two.
struct Kind {
    const char* name;
    const char* document; ///< merged into the study
};
constexpr Kind kinds[] = {
    {"dropout and warm-up", R"({"methods": [{"method": "lora", "options": {"dropout": 0.2}}],
        "training": {"warmup_fraction": 0.5, "steps": 150}})"},
    {"dropout in the backbone", R"({"methods": [{"method": "lora"}],
        "training": {"backbone_dropout": true, "steps": 120}})"},
    // Its checkpoints are those of a whole model: at every step, they take longer than the steps.
    {"accumulation", R"({"methods": [{"method": "full_tuning"}],
        "training": {"accumulation": 2, "steps": 18, "evaluate_every": 6}})"},
    {"frozen states kept",
     R"({"methods": [{"method": "head_only"}], "training": {"max_train_items": 200, "steps": 400}})"},
    {"an ensemble", R"({"methods": [{"method": "prompt_tuning", "options": {"members": 2, "length": 2}}],
        "training": {"answers": "words", "steps": 40, "max_evaluation_items": 8, "max_test_items": 8}})"},
    {"demonstrations", R"({"methods": [{"method": "instruction_prompt_tuning",
        "options": {"length": 2, "demonstrations": 1}}], "training": {"steps": 40, "max_evaluation_items": 8, "max_test_items": 8}})"},
    {"generation", R"({"backbone": "decoder-mini", "task": "synopsis", "methods": [{"method": "lora"}],
        "training": {"steps": 60, "max_evaluation_items": 4, "max_test_items": 4}})"}};

Json study_of(const Kind& kind) {
    Json document = tiny_study();
    document["training"]["evaluate_every"] = 20;
    document["seeds"] = {1, 2};
    const Json own = parse_json(kind.document, kind.name);
    Json training = document["training"];
    training.update(own.at("training"));
    document.update(own);
    document["training"] = training;
    return document;
}

int resumed_runs(const fs::path& database) {
    int resumed = 0;
    for (const EventRecord& event : StoreReader(database).events(1))
        resumed += event.text.find("continues from its checkpoint") != std::string::npos;
    return resumed;
}

bool all_finished(const fs::path& database) {
    const auto runs = StoreReader(database).runs(1);
    return std::all_of(runs.begin(), runs.end(), [](const RunRecord& run) { return run.state == RunState::finished; });
}

QStringList arguments(bool go_on, bool thread, bool every_step) {
    QStringList list = {QStringLiteral("study"), QStringLiteral("run")};
    if (go_on)
        list << QStringLiteral("--continue") << QStringLiteral("1");
    else
        list << QStringLiteral("study.json");
    return list << QStringLiteral("--executor") << (thread ? QStringLiteral("thread") : QStringLiteral("processes"))
                << QStringLiteral("--checkpoint-every") << (every_step ? QStringLiteral("0") : QStringLiteral("0.1"));
}

} // namespace

class TestKill : public QObject {
    Q_OBJECT

    std::map<const Kind*, std::vector<std::string>> m_expected;
    std::map<const Kind*, int> m_milliseconds;
    std::mt19937 m_random{20260101};

    int below(int limit) { return int(m_random() % unsigned(std::max(1, limit))); }

    // The study without a stop, once for each kind.
    const std::vector<std::string>& expected(const Kind& kind) {
        auto& known = m_expected[&kind];
        if (!known.empty()) return known;
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of(kind).dump());
        QElapsedTimer timer;
        timer.start();
        const Outcome outcome = run_cli(folder.path(), arguments(false, false, false));
        m_milliseconds[&kind] = int(timer.elapsed());
        if (outcome.code != 0) throw std::runtime_error(outcome.error);
        return known = result_of(folder / "diapason.db");
    }

    struct Trial {
        bool hit = false;
        int resumed = 0;
        std::vector<int> codes; ///< of programs that were asked to end
    };

    // Starts, stops at a random moment, and goes on until the study is whole. @param signal to the program, or 0:
    // SIGKILL of the program or of a child
    void stop_and_go_on(const Kind& kind, int number, int signal, Trial& trial) {
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of(kind).dump());
        const fs::path database = folder / "diapason.db";
        const bool thread = number % 3 == 0, every_step = number % 2 == 0;
        const int stops = 1 + below(3);
        for (int stop = 0; stop < stops; ++stop) {
            QProcess program;
            prepare(program, folder.path(), arguments(has_study(database), thread, every_step));
            program.start();
            QVERIFY(program.waitForStarted());
            if (program.waitForFinished(200 + below(m_milliseconds[&kind]))) break; // too late to hit anything
            const std::vector<int> children = children_of(program.processId());
            if (signal != 0) {
                ::kill(pid_t(program.processId()), signal);
            } else if (thread || children.empty() || below(2) == 0) {
                program.kill();
            } else {
                ::kill(children[std::size_t(below(int(children.size())))], SIGKILL);
            }
            QVERIFY(program.waitForFinished(patience_ms));
            for (const int child : children) // they notice that nobody listens any more
                EVENTUALLY(!alive(child));
            if (has_study(database)) check_intact(database);
            if (signal != 0) {
                const int code = program.exitStatus() == QProcess::NormalExit ? program.exitCode() : 128;
                // Nothing is interrupted by a request that comes behind the last run's end or ahead of the program's
                // first line.
                if (!has_study(database) || (code == 0 && all_finished(database))) break;
                trial.codes.push_back(code);
            }
            trial.hit = true;
            if (QTest::currentTestFailed()) return;
        }
        go_on(kind, folder.path(), thread, every_step);
        if (!QTest::currentTestFailed()) trial.resumed = resumed_runs(database);
    }

    // To the end, which is the one without a stop.
    void go_on(const Kind& kind, const fs::path& home, bool thread, bool every_step) {
        const fs::path database = home / "diapason.db";
        const Outcome last = run_cli(home, arguments(has_study(database), thread, every_step));
        QVERIFY2(last.code == 0, last.error.c_str());
        const auto result = result_of(database);
        QVERIFY2(result == expected(kind), kind.name);
    }

    // A start of the study with an end right before sync `number`, or none for 0. @return syncs that were come to
    std::uint64_t start_until_sync(const Kind& kind, const fs::path& home, bool thread, std::uint64_t number) {
        write_text(home / "study.json", study_of(kind).dump());
        QProcess program;
        prepare_with(program, home, arguments(false, thread, false),
                     {"DIAPASON_KILL_AT", (home / "count").string() + ":" + std::to_string(number)});
        program.start();
        const std::vector<int> children = [&] {
            program.waitForFinished(500);
            return children_of(program.processId());
        }();
        if (!program.waitForFinished(patience_ms)) return 0;
        for (const int child : children)
            comes_true([&] { return !alive(child); });
        std::uint64_t syncs = 0;
        std::ifstream(home / "count", std::ios::binary).read(reinterpret_cast<char*>(&syncs), sizeof syncs);
        return syncs;
    }

    // Each kind is a row of its own: a trial takes seconds, and a campaign many of them.
    static void rows() {
        QTest::addColumn<int>("kind");
        for (int kind = 0; kind < int(std::size(kinds)); ++kind)
            QTest::newRow(kinds[kind].name) << kind;
    }

    void campaign(int trials, int signal) {
        QFETCH(int, kind);
        expected(kinds[kind]);
        for (int number = kind; number < trials; number += int(std::size(kinds))) {
            Trial trial;
            stop_and_go_on(kinds[kind], number, signal, trial);
            if (QTest::currentTestFailed()) {
                qWarning("trial %d of %d", number + 1, trials);
                return;
            }
            for (const int code : trial.codes)
                QCOMPARE(code, 75);
            ++m_trials;
            m_hit += trial.hit;
            m_resumed += trial.resumed;
        }
    }

    int m_trials = 0, m_hit = 0, m_resumed = 0;

private Q_SLOTS:
    void killed_data() { rows(); }
    void killed() { campaign(environment_number("DIAPASON_KILLS", 7), 0); }
    void askedToEnd_data() { rows(); }
    void askedToEnd() { campaign(environment_number("DIAPASON_TERMS", 3), SIGTERM); }

    // What is to be on the disk from a sync on is relied on only behind it.
    void killedAtASync_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("thread");
        const bool few = !qEnvironmentVariableIsSet("DIAPASON_SYNC_KILLS"); // all of them take minutes
        for (int kind = 0; kind < int(std::size(kinds)); ++kind) {
            for (const bool thread : {false, true})
                if (!few || (kind % 3 == 0 && thread == (kind == 3)))
                    QTest::addRow("%s, %s", kinds[kind].name, thread ? "thread" : "processes") << kind << thread;
        }
    }
    void killedAtASync() {
        QFETCH(int, kind);
        QFETCH(bool, thread);
        const int trials = environment_number("DIAPASON_SYNC_KILLS", 1);
        TemporaryFolder whole;
        const std::uint64_t syncs = start_until_sync(kinds[kind], whole.path(), thread, 0);
        QVERIFY2(syncs > 10, std::to_string(syncs).c_str());
        for (int trial = 0; trial < trials; ++trial) {
            const std::uint64_t number = 1 + (2 * std::uint64_t(trial) + 1) * syncs / (2 * std::uint64_t(trials));
            TemporaryFolder folder;
            start_until_sync(kinds[kind], folder.path(), thread, number);
            if (has_study(folder / "diapason.db")) check_intact(folder / "diapason.db");
            go_on(kinds[kind], folder.path(), thread, false);
            if (QTest::currentTestFailed()) {
                qWarning("sync %d of %d", int(number), int(syncs));
                return;
            }
        }
    }

    void theStopsCameAtTellingMoments() {
        qInfo("%d trials, %d hit, %d runs went on from a checkpoint; all ended bit-identical", m_trials, m_hit,
              m_resumed);
        QVERIFY(m_hit * 2 >= m_trials && m_resumed * 3 >= m_trials);
    }

    // Children that may outlive their parent train on, and the next session takes over what they have left.
    void childrenOutliveTheProgramWhenTheyMay() {
        const Kind& kind = kinds[0];
        expected(kind);
        TemporaryFolder folder;
        write_text(folder / "study.json", study_of(kind).dump());
        QProcess program;
        prepare(program, folder.path(), arguments(false, false, false) << QStringLiteral("--outlive"));
        program.start();
        EVENTUALLY(!children_of(program.processId()).empty());
        const std::vector<int> children = children_of(program.processId());
        // As soon as one of them has begun.
        EVENTUALLY(has_study(folder / "diapason.db") &&
                   StoreReader(folder / "diapason.db").runs(1).front().steps_total > 0);
        program.kill();
        program.waitForFinished();
        for (const int child : children)
            EVENTUALLY(!alive(child));
        const Outcome last = run_cli(folder.path(), arguments(true, false, false));
        QVERIFY2(last.code == 0, last.error.c_str());
        QVERIFY(result_of(folder / "diapason.db") == m_expected[&kind]);
        int at_the_end = 0;
        for (const EventRecord& event : StoreReader(folder / "diapason.db").events(1))
            at_the_end += event.text.find("continues from its checkpoint at step 150") != std::string::npos;
        QVERIFY(at_the_end >= 1);
    }
};

DIAPASON_TEST(TestKill)
#include "test_kill.moc"
