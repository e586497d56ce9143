// A study at work: every event stored, failures passed over, pause and cancel, resuming, and replay.

#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "experiments/run/replay.h"
#include "experiments/run/stored_queue.h"
#include "experiments/run/study_session.h"
#include "tests/support/fake_executor.h"
#include "tests/support/plans.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <tuple>

using namespace diapason;
using namespace diapason::testing;
using namespace std::chrono_literals;

namespace {

Plan small_study() {
    return planned(Json{{"format", "diapason-study"},
                        {"version", 1},
                        {"id", "small"},
                        {"title", "Small"},
                        {"backbone", "encoder-mini"},
                        {"task", "section"},
                        {"methods", {{{"method", "lora"}}, {{"method", "head_only"}}}},
                        {"seeds", {1, 2, 3}}});
}

std::map<std::string, int> states_of(const StoreReader& reader, RowId study) {
    std::map<std::string, int> states;
    for (const RunRecord& run : reader.runs(study))
        ++states[name_of(run.state)];
    return states;
}

} // namespace

class TestSession : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void storesEverything() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             small_study());
        std::atomic<int> events{0}, done{0};
        session.set_listener({[&](RowId, const RunEvent&) { ++events; }, [] {}, [&] { ++done; }});
        QCOMPARE(session.status().queued, std::size_t(6));
        session.start();
        QVERIFY(session.wait(patience));
        QCOMPARE(done.load(), 1);
        store.flush();
        const StoreReader reader(folder / "a.db");
        QCOMPARE(states_of(reader, session.study_id()).at("finished"), 6);
        for (const RunRecord& run : reader.runs(session.study_id())) {
            QCOMPARE(reader.points(run.id, {"train", "", "loss"}).step.size(), std::size_t(5));
            QCOMPARE(reader.predictions(run.id, "test").size(), std::size_t(2));
            QCOMPARE(run.steps_done, std::int64_t(5));
            QCOMPARE(run.trained, std::int64_t(100));
        }
        const QueueStatus status = session.status();
        QCOMPARE(status.finished, std::size_t(6));
        QVERIFY(!status.remaining_low_s || *status.remaining_low_s == 0);
    }

    void theStoredQueueIsTheSessions() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             small_study());
        const StoreReader reader(folder / "a.db");
        const auto same = [&] {
            const QueueStatus stored = stored_queue(reader, session.study_id());
            const QueueStatus live = session.status();
            QCOMPARE(std::tuple(stored.finished, stored.failed, stored.running, stored.queued),
                     std::tuple(live.finished, live.failed, live.running, live.queued));
            for (const QueueEntry& entry : live.entries) {
                const auto row = std::find_if(stored.entries.begin(), stored.entries.end(),
                                              [&](const QueueEntry& other) { return other.run == entry.run; });
                QVERIFY(row != stored.entries.end());
                QCOMPARE(
                    std::tuple(row->arm, row->arm_label, row->seed, row->state, row->step, row->total_steps),
                    std::tuple(entry.arm, entry.arm_label, entry.seed, entry.state, entry.step, entry.total_steps));
            }
        };
        same();
        session.start();
        QVERIFY(session.wait(patience));
        store.flush();
        same();
    }

    void failuresArePassedOver() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const auto script = [](const RunJob& job) -> std::vector<RunEvent> {
            if (job.spec.seed == 2)
                return {StateChanged{RunState::starting, {}, {}, {}},
                        StateChanged{RunState::failed, "the reason", ErrorKind::input, {}}};
            if (job.spec.seed == 3)
                return {StateChanged{RunState::starting, {}, {}, {}}, RunBegan{},
                        StateChanged{RunState::running, {}, {}, {}},
                        MetricPoints{{{{"train", "", "loss"}, 1, 0, std::nan("")}}},
                        StateChanged{RunState::diverged, "the loss became NaN at step 1", ErrorKind::diverged, {}}};
            return ordinary_run(job);
        };
        StudySession session(store, std::make_unique<FakeExecutor>(script), small_study());
        session.start();
        QVERIFY(session.wait(patience));
        store.flush();
        const StoreReader reader(folder / "a.db");
        const auto states = states_of(reader, session.study_id());
        QCOMPARE(states.at("finished"), 2);
        QCOMPARE(states.at("failed"), 2);
        QCOMPARE(states.at("diverged"), 2);
        for (const RunRecord& run : reader.runs(session.study_id()))
            if (run.state == RunState::failed) QCOMPARE(run.message, std::string("the reason"));
        QCOMPARE(session.status().failed, std::size_t(4));
        bool said = false;
        for (const EventRecord& event : reader.events(session.study_id()))
            said = said || (event.severity == "error" && event.text.find("the reason") != std::string::npos);
        QVERIFY(said);
    }

    void neverMoreThanTheExecutorCanTake() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        auto executor = std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }, 2);
        const FakeExecutor& seen = *executor;
        StudySession session(store, std::move(executor), small_study());
        session.start();
        QVERIFY(session.wait(patience));
        QVERIFY(seen.most_at_once <= 2);
    }

    void cancelOneAndAll() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        auto executor = std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }, 1, true);
        StudySession session(store, std::move(executor), small_study());
        session.start();
        const auto entries = session.status().entries;
        session.cancel_run(entries.back().run); // waits in the queue
        QCOMPARE(session.status().entries.back().state, RunState::cancelled);
        QVERIFY(!session.wait(50ms));
        session.cancel_all(); // the one that has begun, too
        QVERIFY(session.wait(patience));
        store.flush();
        QCOMPARE(states_of(StoreReader(folder / "a.db"), session.study_id()).at("cancelled"), 6);
    }

    void interruptedRunsAreQueuedWhenTheStudyGoesOn() {
        TemporaryFolder folder;
        RowId study = 0;
        {
            Store store(folder / "a.db");
            auto executor =
                std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }, 1, true);
            StudySession session(store, std::move(executor), small_study());
            study = session.study_id();
            session.start();
            session.interrupt_all(); // as a signal or the window's end does
            QVERIFY(session.wait(patience));
            store.flush();
            const auto states = states_of(StoreReader(folder / "a.db"), study);
            QCOMPARE(states.at("interrupted"), 1);
            QCOMPARE(states.at("queued"), 5);
        }
        Store store(folder / "a.db");
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             small_study(), study);
        session.start();
        QVERIFY(session.wait(patience));
        store.flush();
        QCOMPARE(states_of(StoreReader(folder / "a.db"), study).at("finished"), 6);
    }

    // What the first run has read is told to the later ones, whether in the same session or in the next.
    void laterRunsKnowWhatEarlierOnesHaveRead() {
        const Json data = {{"what", "data"}, {"name", "mine"}, {"split", "train"}, {"limit", 0}, {"sha256", "ab"}};
        const auto script = [&](const RunJob& job) {
            std::vector<RunEvent> events = ordinary_run(job);
            std::get<RunBegan>(events[1]).environment = {{"inputs", {data}}};
            return events;
        };
        TemporaryFolder folder;
        Store store(folder / "a.db");
        std::vector<Json> told;
        RowId study = 0;
        {
            StudySession session(store, std::make_unique<FakeExecutor>([&](const RunJob& job) {
                                     told.push_back(job.place.inputs);
                                     return job.spec.seed == 3
                                                ? std::vector<RunEvent>{StateChanged{
                                                      RunState::failed, "power cut", ErrorKind::internal, {}}}
                                                : script(job);
                                 }),
                                 small_study());
            study = session.study_id();
            session.start();
            QVERIFY(session.wait(patience));
        }
        QCOMPARE(told.size(), std::size_t(6));
        QCOMPARE(told.front(), Json::array());
        QCOMPARE(told.back(), Json::array({data}));
        told.clear();
        StudySession session(store, std::make_unique<FakeExecutor>([&](const RunJob& job) {
                                 told.push_back(job.place.inputs);
                                 return script(job);
                             }),
                             small_study(), study);
        session.start();
        QVERIFY(session.wait(patience));
        QCOMPARE(told.front(), Json::array({data}));
    }

    void pausingStartsNothingNew() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        auto executor = std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }, 1, true);
        FakeExecutor& held = *executor;
        StudySession session(store, std::move(executor), small_study());
        session.start();
        session.pause(true);
        QVERIFY(session.status().paused);
        QVERIFY(!held.pauses.empty() && held.pauses.front().second);
        held.release();
        EVENTUALLY_EQUAL(session.status().finished, std::size_t(1));
        // Whatever follows an end is handed on under the lock that counts it.
        const auto entries = session.status().entries;
        QCOMPARE(std::count_if(entries.begin(), entries.end(),
                               [](const QueueEntry& entry) { return entry.state == RunState::queued; }),
                 std::ptrdiff_t(5));
        session.pause(false);
        QVERIFY(session.wait(patience));
        QCOMPARE(session.status().finished, std::size_t(6));
    }

    void goesOnWithAStoredStudy() {
        TemporaryFolder folder;
        RowId study = 0;
        {
            Store store(folder / "a.db");
            const auto script = [](const RunJob& job) -> std::vector<RunEvent> {
                if (job.spec.seed > 1)
                    return {StateChanged{RunState::starting, {}, {}, {}},
                            StateChanged{RunState::failed, "power cut", ErrorKind::internal, {}}};
                return ordinary_run(job);
            };
            StudySession session(store, std::make_unique<FakeExecutor>(script), small_study());
            study = session.study_id();
            session.start();
            QVERIFY(session.wait(patience));
        }
        Store store(folder / "a.db");
        int executed = 0;
        StudySession session(store, std::make_unique<FakeExecutor>([&](const RunJob& job) {
                                 ++executed;
                                 return ordinary_run(job);
                             }),
                             small_study(), study);
        session.start();
        QVERIFY(session.wait(patience));
        store.flush();
        QCOMPARE(executed, 4); // what was finished stays as it is
        QCOMPARE(states_of(StoreReader(folder / "a.db"), study).at("finished"), 6);
    }

    void replaySendsWhatWasSent() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             small_study());
        std::map<RowId, std::vector<MetricPoint>> live;
        session.set_listener({[&](RowId run, const RunEvent& event) {
                                  if (const auto* points = std::get_if<MetricPoints>(&event))
                                      for (const MetricPoint& point : points->points)
                                          live[run].push_back(point);
                              },
                              [] {}, [] {}});
        session.start();
        QVERIFY(session.wait(patience));
        store.flush();
        const StoreReader reader(folder / "a.db");
        for (const RunRecord& run : reader.runs(session.study_id())) {
            const std::vector<RunEvent> events = replay_events(reader, run.id);
            std::vector<MetricPoint> replayed;
            for (const RunEvent& event : events)
                if (const auto* points = std::get_if<MetricPoints>(&event))
                    replayed.insert(replayed.end(), points->points.begin(), points->points.end());
            const auto by_place = [](const MetricPoint& a, const MetricPoint& b) {
                return std::tie(a.step, a.name) < std::tie(b.step, b.name);
            };
            std::sort(replayed.begin(), replayed.end(), by_place);
            std::sort(live[run.id].begin(), live[run.id].end(), by_place);
            QVERIFY(replayed == live[run.id]);
            const auto* last = std::get_if<StateChanged>(&events.back());
            QVERIFY(last && last->state == RunState::finished);
        }
    }

    void badStudiesAreRefusedBeforeAnythingIsWritten() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        Study study = small_study().study;
        study.backbone = "nothing";
        QVERIFY(caught([&] {
                    StudySession session(
                        store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                        planned(study));
                }).thrown);
        store.flush();
        QCOMPARE(StoreReader(folder / "a.db").study_lines(true).size(), std::size_t(0));
    }
};

DIAPASON_TEST(TestSession)
#include "test_session.moc"
