// Events keep every bit on their way through a line of JSON, and states follow only where they may.

#include "experiments/run/run_event.h"
#include "tests/support/test_support.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace diapason;
using namespace diapason::testing;

class TestEvents : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pointsSurviveBitForBit() {
        MetricPoints sent;
        for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, std::nan(""), HUGE_VAL, -HUGE_VAL})
            sent.points.push_back({{"train", "rte", "loss"}, 3, 0.1, value});
        const std::string line = to_line(sent);
        QVERIFY(line.find('\n') == std::string::npos);
        const auto read = std::get<MetricPoints>(run_event_from_line(line));
        QCOMPARE(read.points.size(), sent.points.size());
        for (std::size_t i = 0; i < sent.points.size(); ++i) {
            const double a = sent.points[i].value, b = read.points[i].value;
            QVERIFY(std::isnan(a) ? std::isnan(b) : std::memcmp(&a, &b, sizeof a) == 0);
            QVERIFY(read.points[i].name == sent.points[i].name);
        }
    }

    void everyKindComesBack() {
        const std::vector<RunEvent> events = {
            RunBegan{10, 1, 2, 64, 3, {{"torch", "x"}}},
            Predictions{"test", "rte", 4, {{"id\n", "a\"", "b\\", 0.5}}},
            ArtifactWritten{"adapter", "adapter.safetensors", "abc", 12, 3},
            Progress{3, 10},
            LogLine{Severity::warning, "text\nwith lines"},
            StateChanged{RunState::failed, "why", ErrorKind::memory, {{"metrics", {{"a", 0.1}}}}}};
        for (const RunEvent& event : events) {
            const RunEvent read = run_event_from_line(to_line(event));
            QCOMPARE(read.index(), event.index());
            QCOMPARE(to_line(read), to_line(event));
        }
    }

    void linesThatAreNoEventsAreErrors() {
        for (const char* line : {"", "{}", "[]", "nonsense", R"({"event": "dance"})", R"({"event": "points"})",
                                 R"({"event": "state", "state": "happy"})"})
            QVERIFY2(caught([&] { run_event_from_line(line); }).thrown, line);
    }

    void states() {
        QVERIFY(may_follow(RunState::queued, RunState::starting));
        QVERIFY(may_follow(RunState::running, RunState::paused));
        QVERIFY(may_follow(RunState::paused, RunState::cancelled));
        QVERIFY(may_follow(RunState::interrupted, RunState::queued));
        QVERIFY(!may_follow(RunState::finished, RunState::running));
        QVERIFY(!may_follow(RunState::queued, RunState::finished));
        for (int i = 0; i <= int(RunState::interrupted); ++i) {
            const auto state = RunState(i);
            QCOMPARE(run_state_from(name_of(state)), state);
        }
    }
};

DIAPASON_TEST(TestEvents)
#include "test_events.moc"
