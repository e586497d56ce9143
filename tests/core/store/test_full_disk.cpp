// slow
// Rows that cannot be stored for now are kept: nothing of a finished run is missing, however long the disk was full.

#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/failing_disk.h"
#include "tests/support/test_support.h"

#include <QElapsedTimer>

#include <future>
#include <mutex>
#include <optional>

using namespace diapason;
using namespace diapason::testing;
using namespace std::chrono_literals;

namespace {

constexpr StoreLimits impatient{100ms, 64u << 20};

RowId one_run(Store& store) {
    NewStudy plan;
    plan.study.uuid = new_uuid();
    plan.study.title = "A study";
    plan.study.document = plan.study.tasks = Json::object();
    ArmRecord arm;
    arm.label = arm.method = "lora";
    arm.levels = Json::object();
    plan.arms = {arm};
    RunRecord run;
    run.uuid = new_uuid();
    run.spec = Json::object();
    plan.runs = {run};
    return store.create_study(plan).runs.front();
}

void begin(Store& store, RowId run) {
    store.begin_attempt(run);
    store.set_began(run, {});
    store.set_state(run, RunState::running, {}, {});
}

void tell_points(Store& store, RowId run, std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step <= last; ++step)
        store.append_points(run, {{{"train", "", "loss"}, step, 0.1, 1.0 / double(step)}});
}

void finish(Store& store, RowId run) {
    store.append_predictions(run, {{"test", "", 1, "item", "a", "b", 0}});
    store.set_state(run, RunState::finished, {}, Json::object());
}

std::size_t points(const StoreReader& reader, RowId run) {
    return reader.points(run, {"train", "", "loss"}).step.size();
}

// What a store has told, from its thread.
struct Told {
    std::mutex mutex;
    std::vector<std::string> stalls;
    std::vector<std::pair<RowId, ErrorKind>> losses;

    void listen(Store& store) {
        store.on_stall([this](const std::string& why) {
            const std::lock_guard guard(mutex);
            stalls.push_back(why);
        });
        store.on_loss([this](RowId run, const Error& why) {
            const std::lock_guard guard(mutex);
            losses.emplace_back(run, why.kind());
        });
    }
    std::size_t stall_count() {
        const std::lock_guard guard(mutex);
        return stalls.size();
    }
    std::size_t loss_count() {
        const std::lock_guard guard(mutex);
        return losses.size();
    }
};

} // namespace

class TestFullDisk : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsAreKeptWhileNothingCanBeStored_data() {
        QTest::addColumn<int>("error");
        QTest::newRow("full") << ENOSPC;
        QTest::newRow("broken") << EIO;
        QTest::newRow("over the quota") << EDQUOT;
        QTest::newRow("locked by another program") << 0;
    }
    void rowsAreKeptWhileNothingCanBeStored() {
        QFETCH(int, error);
        TemporaryFolder folder;
        Told told;
        Store store(folder / "a.db", impatient);
        told.listen(store);
        const RowId run = one_run(store);
        begin(store, run);
        tell_points(store, run, 1, 20);
        store.flush();
        const StoreReader reader(folder / "a.db");
        {
            std::optional<FailingDisk> disk;
            std::optional<Connection> other;
            std::optional<Transaction> lock;
            if (error != 0) {
                disk.emplace(error);
            } else {
                other.emplace(folder / "a.db", Connection::Mode::read_write);
                lock.emplace(*other);
            }
            tell_points(store, run, 21, 100);
            finish(store, run);
            EVENTUALLY_EQUAL(told.stall_count(), std::size_t(1));
            QVERIFY(!told.stalls.front().empty());
            QCOMPARE(reader.run(run)->state, RunState::running);
            QCOMPARE(points(reader, run), std::size_t(20));
            // Who waits is told at once; what was kept stays kept.
            QVERIFY(caught([&] { store.flush(); }).thrown);
            QVERIFY(caught([&] { store.set_trashed(1, true); }).thrown);
        }
        EVENTUALLY_EQUAL(told.stall_count(), std::size_t(2));
        QCOMPARE(told.stalls.back(), std::string());
        store.flush();
        QCOMPARE(reader.run(run)->state, RunState::finished);
        QCOMPARE(points(reader, run), std::size_t(100));
        QCOMPARE(reader.predictions(run, "test").size(), std::size_t(1));
        QVERIFY(!reader.study(1)->trashed);
        QCOMPARE(told.loss_count(), std::size_t(0));
    }

    // Somebody takes the file away, and puts it back.
    void aFileThatIsGone() {
        TemporaryFolder folder;
        Told told;
        Store store(folder / "a.db", impatient);
        told.listen(store);
        const RowId run = one_run(store);
        begin(store, run);
        store.flush();
        std::filesystem::rename(folder / "a.db", folder / "elsewhere.db");
        finish(store, run);
        EVENTUALLY_EQUAL(told.stall_count(), std::size_t(1));
        QVERIFY2(told.stalls.front().find("removed or replaced") != std::string::npos, told.stalls.front().c_str());
        QVERIFY(caught([&] { store.flush(); }).kind == ErrorKind::storage);
        std::filesystem::rename(folder / "elsewhere.db", folder / "a.db");
        EVENTUALLY_EQUAL(told.stall_count(), std::size_t(2));
        QCOMPARE(StoreReader(folder / "a.db").run(run)->state, RunState::finished);
    }

    // Whichever write fails, once or several times: every row is there once.
    void everyWriteMayFail() {
        TemporaryFolder folder;
        const int before = FailingDisk::failures();
        for (int times : {1, 3}) {
            for (int from = 1; from <= 24; ++from) {
                const auto file = folder / ("a" + std::to_string(from) + "-" + std::to_string(times) + ".db");
                Store store(file);
                const RowId run = one_run(store);
                const FailingDisk disk(from % 2 == 0 ? ENOSPC : EIO, from, times);
                begin(store, run);
                for (int part = 0; part < 4; ++part) {
                    tell_points(store, run, 10 * part + 1, 10 * part + 10);
                    std::promise<bool> stored;
                    store.when_stored(run, [&](bool good) { stored.set_value(good); });
                    QVERIFY(stored.get_future().get());
                }
                finish(store, run);
                EVENTUALLY_EQUAL(StoreReader(file).run(run)->state, RunState::finished);
                QCOMPARE(points(StoreReader(file), run), std::size_t(40));
                QCOMPARE(StoreReader(file).predictions(run, "test").size(), std::size_t(1));
            }
        }
        QVERIFY(FailingDisk::failures() - before > 60);
    }

    // Too much to keep: the run is lost, and says so, instead of being finished with holes.
    void whatCannotBeKeptIsAFailedRun() {
        TemporaryFolder folder;
        Told told;
        Store store(folder / "a.db", {100ms, 1u << 16});
        told.listen(store);
        const RowId run = one_run(store);
        begin(store, run);
        store.flush();
        {
            const FailingDisk disk;
            tell_points(store, run, 1, 5000);
            EVENTUALLY(told.loss_count() >= 1);
            QCOMPARE(told.losses.front(), std::pair(run, ErrorKind::storage));
        }
        finish(store, run);
        const StoreReader reader(folder / "a.db");
        EVENTUALLY_EQUAL(reader.run(run)->state, RunState::failed);
        QVERIFY(reader.run(run)->message.find("could not be stored") != std::string::npos);
        QVERIFY(caught([&] { store.flush(); }).kind == ErrorKind::storage);
        store.requeue({run}); // and goes on from where it can
        begin(store, run);
        finish(store, run);
        EVENTUALLY_EQUAL(reader.run(run)->state, RunState::finished);
    }

    // Rows that the database refuses, for whatever reason, take the run's good name with them, and no other's.
    void aRefusedRowIsALoss() {
        TemporaryFolder folder;
        Told told;
        Store store(folder / "a.db", impatient);
        told.listen(store);
        const RowId bad = one_run(store), good = one_run(store);
        for (const RowId run : {bad, good})
            begin(store, run);
        store.append_predictions(bad, {{"test", "", 1, "item", "a", "b", 0}});
        for (const RowId run : {bad, good})
            finish(store, run); // the item a second time, and the first
        const StoreReader reader(folder / "a.db");
        EVENTUALLY_EQUAL(reader.run(good)->state, RunState::finished);
        EVENTUALLY_EQUAL(reader.run(bad)->state, RunState::failed);
        QCOMPARE(told.loss_count(), std::size_t(1));
        QCOMPARE(told.losses.front().first, bad);
        QCOMPARE(told.stall_count(), std::size_t(0));
    }

    // Closing does not wait for room; the next start finds the run where it was.
    void closingDoesNotWait() {
        TemporaryFolder folder;
        RowId run = 0;
        std::optional<FailingDisk> disk;
        QElapsedTimer timer;
        {
            Store store(folder / "a.db");
            run = one_run(store);
            begin(store, run);
            store.flush();
            disk.emplace();
            finish(store, run);
            timer.start();
        }
        QVERIFY(timer.elapsed() < 4000);
        disk.reset();
        const Store store(folder / "a.db");
        QCOMPARE(StoreReader(folder / "a.db").run(run)->state, RunState::interrupted);
    }

    // The clock on the wall may go back an hour while a run computes.
    void durationsComeFromAClockThatOnlyGoesForward() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const RowId run = one_run(store);
        begin(store, run);
        QTest::qSleep(30);
        store.set_state(run, RunState::finished, {}, Json::object());
        store.flush();
        const RunRecord record = *StoreReader(folder / "a.db").run(run);
        QVERIFY(record.elapsed_ms >= 30 && record.elapsed_ms < 60000);
        Connection connection(folder / "a.db", Connection::Mode::read_only);
        QCOMPARE(connection.value("SELECT elapsed_ms FROM attempt"), record.elapsed_ms);
    }
};

DIAPASON_TEST(TestFullDisk)
#include "test_full_disk.moc"
