// The database: what goes in comes out, one writer, nothing of a stranger's file is touched.

#include "core/store/connection.h"
#include "core/store/schema.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/test_support.h"

#include <cmath>
#include <limits>
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
    Sample sample;
    StudyRecord study;
    study.title = "A study";
    study.document = {{"title", "A study"}};
    sample.study = store.create_study(study);
    ArmRecord arm;
    arm.label = "LoRA";
    arm.method = "lora";
    arm.levels = {{"rank", 8}};
    sample.arm = store.create_arms(sample.study, {arm}).front();
    std::vector<RunRecord> records;
    for (int i = 0; i < runs; ++i) {
        RunRecord run;
        run.uuid = new_uuid();
        run.study = sample.study;
        run.arm = sample.arm;
        run.seed = i + 1;
        run.spec = {{"seed", i + 1}};
        run.fingerprint = "f";
        run.steps_total = 10;
        records.push_back(run);
    }
    sample.run = store.create_runs(records).front();
    return sample;
}

} // namespace

class TestStore : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyValueComesBackAsItWas() {
        TemporaryFolder folder;
        const auto file = folder / "a.db";
        Store store(file);
        const Sample sample = make_sample(store);
        store.begin_attempt(sample.run);
        const std::vector<double> values = {1.0 / 3, -0.1, std::nan(""), infinity, -infinity, 5e-324, 1.7e308};
        std::vector<PointRow> points;
        for (std::size_t i = 0; i < values.size(); ++i)
            points.push_back({"train/loss", std::int64_t(i), 0.5 * double(i), values[i]});
        store.append_points(sample.run, points);
        store.flush();

        const StoreReader reader(file);
        const SeriesPoints read = reader.points(sample.run, "train/loss");
        QCOMPARE(read.value.size(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            QCOMPARE(read.step[i], std::int64_t(i));
            if (std::isnan(values[i]))
                QVERIFY(std::isnan(read.value[i]));
            else
                QVERIFY(std::memcmp(&read.value[i], &values[i], sizeof(double)) == 0);
        }
        QCOMPARE(reader.points(sample.run, "train/loss", 4).step.size(), std::size_t(2));
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
                for (std::int64_t step = 1; step <= 500; ++step)
                    store.append_points(run, {{"train/loss", step, double(step), double(step)}});
                store.set_state(run, "finished", "", Json::object());
            });
        for (auto& thread : threads)
            thread.join();
        store.flush();
        const StoreReader reader(folder / "a.db");
        for (int t = 0; t < 4; ++t) {
            const SeriesPoints points = reader.points(sample.run + t, "train/loss");
            QCOMPARE(points.step.size(), std::size_t(500));
            for (std::size_t i = 0; i < points.step.size(); ++i)
                QCOMPARE(points.step[i], std::int64_t(i + 1));
            QCOMPARE(reader.run(sample.run + t)->state, std::string("finished"));
        }
    }

    void aNewAttemptReplacesTheOldOne() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store);
        for (int attempt = 0; attempt < 2; ++attempt) {
            store.begin_attempt(sample.run);
            store.append_points(sample.run, {{"train/loss", 1, 0.1, double(attempt)}});
            store.append_predictions(sample.run, "test", 1, {{"test", 1, "item", "a", "b", 0}});
            store.set_state(sample.run, attempt == 0 ? "interrupted" : "finished", "", Json::object());
        }
        store.flush();
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.points(sample.run, "train/loss").value, std::vector<double>{1.0});
        QCOMPARE(reader.predictions(sample.run, "test").size(), std::size_t(1));
        QCOMPARE(reader.run(sample.run)->attempt, std::int64_t(2));
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
            QCOMPARE(reader.studies().size(), std::size_t(0));
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
            store.set_state(sample.run, "running", "", Json::object());
        }
        Store store(folder / "a.db");
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.run(sample.run)->state, std::string("interrupted"));
        QVERIFY(!reader.run(sample.run)->message.empty());
        QCOMPARE(reader.run(sample.run + 1)->state, std::string("queued"));
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

    void hidingAStudyKeepsIt() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Sample sample = make_sample(store);
        store.set_trashed(sample.study, true);
        const StoreReader reader(folder / "a.db");
        QCOMPARE(reader.studies().size(), std::size_t(0));
        QCOMPARE(reader.studies(true).size(), std::size_t(1));
    }
};

QTEST_GUILESS_MAIN(TestStore)
#include "test_store.moc"
