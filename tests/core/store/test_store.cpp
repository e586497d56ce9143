// The database: what goes in comes out, one writer, nothing of a stranger's file is touched.

#include "core/store/connection.h"
#include "core/store/schema.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/test_support.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Sample {
    RowId study = 0, arm = 0, run = 0;
};

/// One study with one arm and one run.
Sample make_sample(Store& store, int runs = 1) {
    NewStudy plan;
    plan.study.uuid = new_uuid();
    plan.study.title = "A study";
    plan.study.document = {{"title", "A study"}};
    plan.factors = {{"lora.rank", {4, 8}}};
    ArmRecord arm;
    arm.label = "LoRA";
    arm.method = "lora";
    arm.levels = {{"rank", 8}};
    plan.arms = {arm};
    for (int i = 0; i < runs; ++i) {
        RunRecord run;
        run.uuid = new_uuid();
        run.seed = std::uint64_t(i + 1);
        run.spec = {{"seed", i + 1}};
        run.fingerprint = "f";
        plan.runs.push_back(run);
    }
    const StudyIds ids = store.create_study(plan);
    const Sample sample{ids.study, ids.arms.front(), ids.runs.front()};
    return sample;
}

} // namespace

class TestStore : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void commitsAreTold() {
        TemporaryFolder folder;
        const auto file = folder / "a.db";
        Store store(file);
        const StoreReader reader(file);
        struct Told {
            std::mutex mutex;
            std::vector<std::pair<bool, std::string>> commits; // with the state that a reader saw then
        } told;
        const Sample sample = make_sample(store);
        store.on_commit([&](bool state) {
            const std::string seen = name_of(reader.run(sample.run)->state);
            const std::lock_guard guard(told.mutex);
            told.commits.emplace_back(state, seen);
        });
        store.append_points(sample.run, {{{"train", "", "loss"}, 1, 0.1, 2.0}});
        const auto count = [&] {
            const std::lock_guard guard(told.mutex);
            return told.commits.size();
        };
        EVENTUALLY_EQUAL(count(), std::size_t(1));
        store.begin_attempt(sample.run);
        store.set_state(sample.run, RunState::running, {}, {});
        store.set_state(sample.run, RunState::finished, {}, {});
        store.flush();
        store.on_commit({});
        store.append_points(sample.run, {{{"train", "", "loss"}, 2, 0.2, 2.0}});
        store.flush();
        QVERIFY(!told.commits.front().first);
        QCOMPARE(told.commits.front().second, std::string("queued"));
        QVERIFY(told.commits.back().first);
        QCOMPARE(told.commits.back().second, std::string("finished")); // told when it can be read
    }

    void everyValueComesBackAsItWas() {
        TemporaryFolder folder;
        const auto file = folder / "a.db";
        Store store(file);
        const Sample sample = make_sample(store);
        store.begin_attempt(sample.run);
        const std::vector<double> values = {1.0 / 3, -0.1, std::nan(""), infinity, -infinity, 5e-324, 1.7e308};
        std::vector<PointRow> points;
        for (std::size_t i = 0; i < values.size(); ++i)
            points.push_back({{"train", "", "loss"}, std::int64_t(i), 0.5 * double(i), values[i]});
        store.append_points(sample.run, points);
        store.flush();

        const StoreReader reader(file);
        const SeriesPoints read = reader.points(sample.run, {"train", "", "loss"});
        QCOMPARE(read.value.size(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            QCOMPARE(read.step[i], std::int64_t(i));
            if (std::isnan(values[i]))
                QVERIFY(std::isnan(read.value[i]));
            else
                QVERIFY(std::memcmp(&read.value[i], &values[i], sizeof(double)) == 0);
        }
        QCOMPARE(reader.points(sample.run, {"train", "", "loss"}, 4).step.size(), std::size_t(2));
        QCOMPARE(reader.series(sample.run).size(), std::size_t(1));
        QCOMPARE(reader.arms(sample.study).front().levels, Json({{"rank", 8}}));
        QCOMPARE(reader.study(sample.study)->title, std::string("A study"));
    }

    void batchesKeepTheirOrderFromManyThreads() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store, 4);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&store, run = sample.run + t] {
                store.begin_attempt(run);
                store.set_state(run, RunState::running, "", {});
                for (std::int64_t step = 1; step <= 500; ++step)
                    store.append_points(run, {{{"train", "", "loss"}, step, double(step), double(step)}});
                store.set_state(run, RunState::finished, "", Json::object());
            });
        for (auto& thread : threads)
            thread.join();
        store.flush();
        const StoreReader reader(folder / "a.db");
        for (int t = 0; t < 4; ++t) {
            const SeriesPoints points = reader.points(sample.run + t, {"train", "", "loss"});
            QCOMPARE(points.step.size(), std::size_t(500));
            for (std::size_t i = 0; i < points.step.size(); ++i)
                QCOMPARE(points.step[i], std::int64_t(i + 1));
            QCOMPARE(reader.run(sample.run + t)->state, RunState::finished);
        }
    }

    void aNewAttemptReplacesTheOldOneAsSoonAsItBegins() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store);
        const auto attempt = [&](double value, RunState end) {
            store.begin_attempt(sample.run);
            store.set_began(sample.run, {10, 4, 1, 1, 32, 1, {{"torch", "x"}}});
            store.set_state(sample.run, RunState::running, "", {});
            store.append_points(sample.run, {{{"train", "", "loss"}, 1, 0.1, value}});
            store.append_predictions(sample.run, {{"test", "", 1, "item", "a", "b", 0}});
            store.append_artifact({sample.run, "checkpoint", "checkpoint.safetensors", "ab", 3, 1});
            store.set_state(sample.run, end, "", Json::object());
        };
        attempt(0, RunState::interrupted);
        store.requeue({sample.run});
        store.begin_attempt(sample.run);
        store.set_state(sample.run, RunState::failed, "refused before it began", {});
        store.flush();
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.points(sample.run, {"train", "", "loss"}).value,
                 std::vector<double>{0.0}); // still what there is
        QCOMPARE(reader.artifacts(sample.run).size(), std::size_t(1));
        store.requeue({sample.run});
        attempt(1, RunState::finished);
        store.flush();
        QCOMPARE(reader.points(sample.run, {"train", "", "loss"}).value, std::vector<double>{1.0});
        QCOMPARE(reader.predictions(sample.run, "test").size(), std::size_t(1));
        QCOMPARE(reader.artifacts(sample.run).size(), std::size_t(0)); // a finished run has no checkpoint
        QCOMPARE(reader.run(sample.run)->attempt, std::int64_t(3));
        QCOMPARE(reader.run(sample.run)->steps_done, std::int64_t(10));
    }

    void statesFollowTheirTable() {
        const RunState all[] = {RunState::queued, RunState::starting,  RunState::running,
                                RunState::paused, RunState::finished,  RunState::diverged,
                                RunState::failed, RunState::cancelled, RunState::interrupted};
        for (const RunState from : all) {
            QCOMPARE(run_state_from(name_of(from)), from);
            for (const RunState to : all) {
                TemporaryFolder folder;
                Store store(folder / "a.db");
                const RowId run = make_sample(store).run;
                {
                    Connection direct(folder / "a.db", Connection::Mode::read_write);
                    direct.execute(std::string("UPDATE run SET state = '") + name_of(from) + "'");
                }
                if (to == RunState::starting)
                    store.begin_attempt(run);
                else
                    store.set_state(run, to, "", {});
                const Caught error = caught([&] { store.flush(); });
                const bool allowed = may_follow(from, to);
                QCOMPARE(error.thrown, !allowed);
                QCOMPARE(StoreReader(folder / "a.db").run(run)->state, allowed ? to : from);
                if (error.thrown) QVERIFY2(error.says(name_of(from)) && error.says(name_of(to)), error.message.c_str());
            }
        }
    }

    void theDocumentHasTheTableOfStates() {
        const std::string document = read_file(source_folder() / "docs/SCHEMA.md", 1u << 20);
        for (const RunState from : {RunState::queued, RunState::starting, RunState::running, RunState::paused,
                                    RunState::failed, RunState::cancelled, RunState::interrupted}) {
            const std::string name = "`" + std::string(name_of(from)) + "`";
            std::istringstream lines(document.substr(document.find("## States of a run")));
            std::set<std::string> said;
            for (std::string line; std::getline(lines, line) && line.rfind("## D", 0) != 0;) {
                const auto bar = line.find(" | ");
                if (bar == std::string::npos || line.substr(0, bar).find(name) == std::string::npos) continue;
                for (int i = 0; i <= int(RunState::interrupted); ++i) {
                    const std::string to = name_of(RunState(i));
                    if (line.find("`" + to + "`", bar) != std::string::npos) said.insert(to);
                }
            }
            std::set<std::string> table;
            for (int i = 0; i <= int(RunState::interrupted); ++i)
                if (may_follow(from, RunState(i))) table.insert(name_of(RunState(i)));
            QVERIFY2(said == table, name.c_str());
        }
    }

    // Nothing takes another item's place: the same id in another split or dataset is another item, a repeated one is
    // an error that stores none of its batch.
    void noPredictionReplacesAnother() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store);
        store.begin_attempt(sample.run);
        store.append_predictions(sample.run, {{"test", "", 1, "1", "a", "b", 0}, {"test", "", 1, " 1", "a", "b", 0}});
        store.append_predictions(sample.run, {{"test", "rte", 1, "1", "a", "b", 0}});
        store.append_predictions(sample.run, {{"ood", "", 1, "1", "a", "b", 0}});
        store.flush();
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.predictions(sample.run, "test").size(), std::size_t(3));
        QCOMPARE(reader.predictions(sample.run, "test").back().dataset, std::string("rte"));
        QCOMPARE(reader.predictions(sample.run, "ood").size(), std::size_t(1));
        store.append_predictions(sample.run, {{"test", "", 1, "2", "a", "b", 0}, {"test", "", 1, "1", "b", "b", 1}});
        QVERIFY(caught([&] { store.flush(); }).thrown);
        QCOMPARE(reader.predictions(sample.run, "test").size(), std::size_t(3));
        QCOMPARE(reader.predictions(sample.run, "test").front().predicted, std::string("a"));
    }

    // Parts of a name are never taken for each other's.
    void seriesKeepTheirNames() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store);
        store.begin_attempt(sample.run);
        store.append_points(sample.run, {{{"test", "a", "b/c"}, 1, 0, 1}, {{"test", "a/b", "c"}, 1, 0, 2}});
        store.flush();
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.series(sample.run).size(), std::size_t(2));
        QCOMPARE(reader.points(sample.run, {"test", "a", "b/c"}).value, std::vector<double>{1});
        QCOMPARE(reader.points(sample.run, {"test", "a/b", "c"}).value, std::vector<double>{2});
    }

    void oneWriterAtATime() {
        TemporaryFolder folder;
        {
            Store store(folder / "a.db");
            const Caught error = caught([&] { Store second(folder / "a.db"); });
            QVERIFY(error.thrown);
            QCOMPARE(error.kind, ErrorKind::locked);
            QVERIFY2(error.says(std::to_string(QCoreApplication::applicationPid())), error.message.c_str());
            StoreReader reader(folder / "a.db"); // reading is always possible
            QCOMPARE(reader.study_lines().size(), std::size_t(0));
        }
        Store again(folder / "a.db");
    }

    void runsOfADeadProgramAreInterrupted() {
        TemporaryFolder folder;
        Sample sample;
        {
            Store store(folder / "a.db");
            sample = make_sample(store, 2);
            store.begin_attempt(sample.run);
            store.set_state(sample.run, RunState::running, "", Json::object());
        }
        Store store(folder / "a.db");
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.run(sample.run)->state, RunState::interrupted);
        QVERIFY(!reader.run(sample.run)->message.empty());
        QCOMPARE(reader.run(sample.run + 1)->state, RunState::queued);
    }

    void strangersFilesAreLeftAlone() {
        TemporaryFolder folder;
        write_text(folder / "text.db", "this is no database, but long enough to look at: " + std::string(500, 'x'));
        {
            Connection foreign(folder / "foreign.db", Connection::Mode::read_write);
            foreign.execute("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
        }
        for (const char* name : {"text.db", "foreign.db"}) {
            const std::string before = read_file(folder / name, 1u << 20);
            const Caught error = caught([&] { Store store(folder / name); });
            QVERIFY2(error.thrown && error.kind == ErrorKind::input, name);
            QVERIFY2(error.says(name), error.message.c_str());
            QVERIFY(caught([&] { StoreReader reader(folder / name); }).thrown);
            QCOMPARE(read_file(folder / name, 1u << 20), before);
        }
    }

    void newerSchemaIsReadButNotWritten() {
        TemporaryFolder folder;
        { Store store(folder / "a.db"); }
        {
            Connection connection(folder / "a.db", Connection::Mode::read_write);
            connection.execute("PRAGMA user_version = " + std::to_string(schema_version + 1));
        }
        const Caught error = caught([&] { Store store(folder / "a.db"); });
        QCOMPARE(error.kind, ErrorKind::incompatible);
        StoreReader reader(folder / "a.db");
        QCOMPARE(reader.schema_version(), int(schema_version + 1));
    }

    void unusablePlacesAreErrors() {
        TemporaryFolder folder;
        QVERIFY(caught([&] { Store store(folder.path()); }).thrown);
        QVERIFY(caught([&] { Store store("/nonexistent/folder/a.db"); }).says("/nonexistent/folder"));
        QVERIFY(caught([&] { StoreReader reader(folder / "absent.db"); }).says("absent.db"));
    }

    // Study, factors, arms and runs come in one transaction: a bad run leaves nothing of its study behind.
    void aStudyIsStoredWholeOrNotAtAll() {
        TemporaryFolder folder;
        const auto file = folder / "whole.db";
        Store store(file);
        make_sample(store, 3);
        const StoreReader reader(file);
        QCOMPARE(reader.study_lines().size(), std::size_t(1));
        QCOMPARE(reader.factors(1).size(), std::size_t(1));
        QCOMPARE(reader.factors(1).front().address, std::string("lora.rank"));
        NewStudy plan;
        plan.study.uuid = new_uuid();
        plan.study.title = "Half a study";
        plan.study.document = Json::object();
        ArmRecord arm;
        arm.label = "LoRA";
        arm.method = "lora";
        arm.levels = Json::object();
        plan.arms = {arm};
        RunRecord run;
        run.uuid = new_uuid();
        plan.runs = {run, run}; // the same uuid twice
        QVERIFY(caught([&] { store.create_study(plan); }).thrown);
        QCOMPARE(reader.study_lines().size(), std::size_t(1));
        QCOMPARE(reader.arms(2).size(), std::size_t(0));
        make_sample(store); // and the store goes on
        QCOMPARE(reader.study_lines().size(), std::size_t(2));
    }

    // Lists ask for states and labels only; the speed comes from the latest runs, however many there are.
    void listsAndSpeedAreAskedWithoutReadingRuns() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        NewStudy plan;
        plan.study.uuid = new_uuid();
        plan.study.title = "Many runs";
        plan.study.document = Json::object();
        ArmRecord arm;
        arm.label = "LoRA";
        arm.method = "lora";
        arm.levels = Json::object();
        plan.arms = {arm};
        for (int i = 0; i < 300; ++i) {
            RunRecord run;
            run.uuid = new_uuid();
            run.seed = std::uint64_t(i + 1);
            run.spec = Json::object();
            run.operations = i < 200 ? 1e20 : 1e6; // the older ones come from another machine
            plan.runs.push_back(run);
        }
        const StudyIds ids = store.create_study(plan);
        make_sample(store, 2);
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.measured_speed(60).operations, 0.0);
        {
            Connection connection(folder / "a.db", Connection::Mode::read_write);
            connection.execute("UPDATE run SET state = 'finished', attempt = 1, finished_ms = 1000 * id, elapsed_ms = "
                               "500 WHERE study = 1");
            connection.execute(
                "UPDATE run SET attempt = 2, operations = 1e30 WHERE id = 300"); // half its time is known
            connection.execute("UPDATE run SET state = 'failed' WHERE id = 1");
        }
        const MeasuredSpeed speed = reader.measured_speed(60);
        QCOMPARE(speed.operations, 60e6);
        QCOMPARE(speed.seconds, 30.0);
        auto counts = reader.state_counts();
        QCOMPARE(counts[1].all(), std::size_t(300));
        QCOMPARE(counts[1].in(RunState::finished), std::size_t(299));
        QCOMPARE(counts[1].in(RunState::failed), std::size_t(1));
        QCOMPARE(counts[2].in(RunState::queued), std::size_t(2));
        const auto lines = reader.run_lines(0);
        QCOMPARE(lines.size(), std::size_t(302));
        QCOMPARE(lines.front().study, RowId(2)); // newest first
        QCOMPARE(lines.back().id, ids.runs.back());
        QCOMPARE(reader.run_lines(2).size(), std::size_t(2));
        QCOMPARE(reader.run_lines(1).front().arm_label, std::string("LoRA"));
        QVERIFY(reader.run_lines(1).front().state == RunState::failed);
    }

    // docs/SCHEMA.md explains every table and column that there is.
    void theDocumentNamesEveryColumn() {
        TemporaryFolder folder;
        const Store store(folder / "a.db");
        const std::string document = read_file(source_folder() / "docs/SCHEMA.md", 1u << 20);
        Connection connection(folder / "a.db", Connection::Mode::read_only);
        Statement tables(connection, "SELECT name FROM sqlite_master WHERE type = 'table'");
        int columns_seen = 0;
        while (tables.step()) {
            const std::string table = tables.text(0);
            const auto begin = document.find("### " + table + "\n");
            QVERIFY2(begin != std::string::npos, table.c_str());
            const auto end = document.find("\n### ", begin + 1);
            const std::string section = document.substr(begin, end - begin);
            Statement columns(connection, "SELECT name FROM pragma_table_info('" + table + "')");
            for (; columns.step(); ++columns_seen)
                QVERIFY2(section.find("`" + columns.text(0) + "`") != std::string::npos,
                         (table + "." + columns.text(0)).c_str());
        }
        QVERIFY(columns_seen > 60);
        QVERIFY(document.find("**" + std::to_string(schema_version) + "**") != std::string::npos);
    }

    void hidingAStudyKeepsIt() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store);
        store.set_trashed(sample.study, true);
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.study_lines().size(), std::size_t(0));
        QCOMPARE(reader.study_lines(true).size(), std::size_t(1));
    }
};

DIAPASON_TEST(TestStore)
#include "test_store.moc"
