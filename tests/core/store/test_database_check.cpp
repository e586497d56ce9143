// Databases that are damaged, changed by hand, or from somebody else: told, never believed, never written to.

#include "core/base/paths.h"
#include "core/store/backup.h"
#include "core/store/database_check.h"
#include "core/store/salvage.h"
#include "core/store/schema.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/test_support.h"

#include <random>
#include <unistd.h>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

/// A few studies with enough points and texts for a file of some hundred pages.
void fill(const fs::path& file, int studies = 3) {
    Store store(file);
    for (int s = 0; s < studies; ++s) {
        NewStudy plan;
        plan.study.uuid = new_uuid();
        plan.study.title = "Study " + std::to_string(s + 1);
        plan.study.document = {{"title", plan.study.title}, {"summary", std::string(3000, 'x')}};
        plan.study.tasks = Json::object();
        plan.factors = {{"lora.rank", {4, 8}}};
        ArmRecord arm;
        arm.label = arm.method = "lora";
        arm.levels = {{"rank", 8}};
        plan.arms = {arm};
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            RunRecord run;
            run.uuid = new_uuid();
            run.seed = seed;
            run.spec = {{"seed", seed}, {"filler", std::string(2000, 'y')}};
            plan.runs.push_back(run);
        }
        for (const RowId run : store.create_study(plan).runs) {
            store.begin_attempt(run);
            store.set_began(run, {});
            store.set_state(run, RunState::running, {}, {});
            std::vector<PointRow> points;
            for (std::int64_t step = 1; step <= 300; ++step)
                points.push_back({{"train", "", "loss"}, step, 0.1, 1.0 / double(step)});
            store.append_points(run, points);
            for (int item = 0; item < 40; ++item)
                store.append_predictions(run, {{"test", "", 1, "item-" + std::to_string(item), "a", "b", 0}});
            store.set_state(run, RunState::finished, {},
                            {{"metrics", to_json(std::vector<MetricValue>{{{"test", "", "accuracy"}, 0.5}})}});
        }
    }
    store.flush();
}

void change(const fs::path& file, const std::string& sql) {
    Connection connection(file, Connection::Mode::read_write);
    connection.execute(sql);
}

std::string bytes_of(const fs::path& file) {
    return read_file(file, 64u << 20);
}

std::int64_t count(const fs::path& file, const std::string& what) {
    Connection connection(file, Connection::Mode::read_only);
    return connection.value("SELECT count(*) FROM " + what);
}

} // namespace

class TestDatabaseCheck : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsWrongWithOurOwn() {
        TemporaryFolder folder;
        fill(folder / "a.db");
        QCOMPARE(database_problems(folder / "a.db"), std::vector<std::string>());
    }

    // Whatever page is hit: the check says so or SQLite does not mind; nobody crashes, and nothing is written.
    void flippedPages() {
        TemporaryFolder folder;
        fill(folder / "good.db");
        const std::string good = bytes_of(folder / "good.db");
        std::mt19937 random(1);
        int refused = 0, repaired = 0;
        constexpr int trials = 60;
        for (int trial = 0; trial < trials; ++trial) {
            const fs::path file = folder / ("bad" + std::to_string(trial) + ".db");
            std::string bad = good;
            const std::size_t page = 4096 * (random() % (bad.size() / 4096));
            for (std::size_t i = 0; i < 4096; ++i)
                bad[page + i] = static_cast<char>(random());
            write_text(file, bad);
            const std::vector<std::string> problems = database_problems(file);
            const Caught reading = caught([&] {
                const StoreReader reader(file);
                for (const StudyLine& study : reader.study_lines(true)) {
                    for (const RunRecord& run : reader.runs(study.id))
                        reader.points(run.id, {"train", "", "loss"});
                }
            });
            const Caught writing = caught([&] { const Store store(file); });
            QVERIFY(!reading.thrown || reading.kind == ErrorKind::input);
            QVERIFY(!writing.thrown || writing.kind == ErrorKind::input);
            // A failed check is never silently passed over.
            if (!problems.empty() && problems.front().find("makes no sense") == std::string::npos) {
                Connection connection(file, Connection::Mode::read_only);
                bool broken = false;
                try {
                    broken = !structure_problem(connection).empty();
                } catch (const Error&) {
                    broken = true;
                }
                if (broken) QVERIFY2(reading.thrown && writing.thrown, problems.front().c_str());
            }
            if (!writing.thrown) continue;
            ++refused;
            QVERIFY(bytes_of(file) == bad); // untouched
            const Caught mending = caught([&] {
                const Salvaged salvaged = salvage_database(file, folder / ("mended" + std::to_string(trial) + ".db"));
                QVERIFY(salvaged.rows.at("study") > 0);
                ++repaired;
            });
            QVERIFY(!mending.thrown || mending.kind == ErrorKind::input);
            QVERIFY(bytes_of(file) == bad);
            if (mending.thrown) continue;
            const fs::path mended = folder / ("mended" + std::to_string(trial) + ".db");
            QCOMPARE(database_problems(mended), std::vector<std::string>());
            // What is finished there has everything that it had.
            const StoreReader reader(mended);
            for (const RunLine& line : reader.run_lines(0)) {
                if (line.state != RunState::finished) continue;
                QCOMPARE(reader.points(line.id, {"train", "", "loss"}).step.size(), std::size_t(300));
                QCOMPARE(reader.predictions(line.id, "test").size(), std::size_t(40));
            }
        }
        qInfo("%d of %d refused, %d of these repaired", refused, trials, repaired);
        QVERIFY(refused > trials / 3 && repaired > refused / 2);
    }

    void cutAndForeignFiles() {
        TemporaryFolder folder;
        fill(folder / "good.db", 1);
        const std::string good = bytes_of(folder / "good.db");
        for (const std::size_t size :
             {std::size_t(1), std::size_t(50), std::size_t(100), std::size_t(5000), good.size() / 2}) {
            const fs::path file = folder / ("cut" + std::to_string(size) + ".db");
            write_text(file, good.substr(0, size));
            QVERIFY(!database_problems(file).empty());
            QCOMPARE(caught([&] { const Store store(file); }).kind, ErrorKind::input);
            QCOMPARE(bytes_of(file).size(), size);
        }
        write_text(folder / "picture.db", std::string("\xff\xd8\xff\xe0 JFIF", 9) + std::string(9000, 'j'));
        QVERIFY(!database_problems(folder / "picture.db").empty());
    }

    // What stands in a column decides nothing before it is read as what it has to be.
    void hostileColumns_data() {
        QTest::addColumn<QByteArray>("column");
        for (const char* column : {"study.document", "study.tasks", "factor.levels", "arm.levels", "run.spec",
                                   "run.environment", "run.summary", "run.uuid", "study.uuid"})
            QTest::newRow(column) << QByteArray(column);
    }
    void hostileColumns() {
        QFETCH(QByteArray, column);
        const std::string table = column.toStdString().substr(0, column.indexOf('.'));
        const std::string name = column.toStdString().substr(std::size_t(column.indexOf('.')) + 1);
        const bool json = name != "uuid";
        TemporaryFolder folder;
        fill(folder / "good.db", 1);
        int number = 0;
        for (const char* value : {"x", "", "[]", "5", "\"text\"", "{\"a\":", "{}{}", "[[[[", "{\"metrics\":5}",
                                  "{\"metrics\":{\"abc\":1}}", "{\"backbone\":5,\"title\":[]}", "nul", "../../x"}) {
            const fs::path file = folder / (std::to_string(++number) + ".db");
            fs::copy_file(folder / "good.db", file);
            change(file, "PRAGMA writable_schema = OFF; UPDATE " + table + " SET " + name + " = '" + value +
                             "' WHERE id = 1");
            const Caught reading = caught([&] {
                const StoreReader reader(file);
                reader.study(1);
                reader.factors(1);
                reader.arms(1);
                reader.runs(1);
            });
            QVERIFY(!reading.thrown || reading.kind == ErrorKind::input);
            if (reading.thrown) QVERIFY2(reading.says(table), reading.message.c_str());
            const bool is_object =
                std::string(value).starts_with("{\"metrics") || std::string(value).starts_with("{\"back");
            const bool is_list = std::string(value) == "[]";
            const bool fits = json && (name == "levels" && table == "factor" ? is_list : is_object);
            QCOMPARE(reading.thrown, !fits);
            QCOMPARE(database_problems(file).empty(), fits);
        }
    }

    void tablesAreTables_data() {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* sql, const char* says) {
            QTest::newRow(name) << QByteArray(sql) << QByteArray(says);
        };
        row("a table is missing", "DROP TABLE event", "event");
        row("a column is missing", "ALTER TABLE run RENAME COLUMN message TO words", "run.message");
        row("a view without end",
            "ALTER TABLE event RENAME TO old; CREATE VIEW event AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT "
            "id + 1 "
            "FROM n) SELECT id, 1 AS study, 1 AS run, 1 AS at_ms, 'info' AS severity, 'x' AS text FROM n",
            "event");
        row("a computed column",
            "ALTER TABLE factor RENAME TO old; CREATE TABLE factor(id INTEGER PRIMARY KEY, study INTEGER, position "
            "INTEGER, "
            "address TEXT, levels TEXT AS (hex(zeroblob(1000000))))",
            "factor.levels");
    }
    void tablesAreTables() {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        change(folder / "a.db", "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; " + sql.toStdString());
        const std::string before = bytes_of(folder / "a.db");
        for (const Caught& error :
             {caught([&] { StoreReader(folder / "a.db"); }), caught([&] { Store(folder / "a.db"); })}) {
            QCOMPARE(error.kind, ErrorKind::input);
            QVERIFY2(error.says(says.toStdString()), error.message.c_str());
        }
        QVERIFY(bytes_of(folder / "a.db") == before);
        QVERIFY(!database_problems(folder / "a.db").empty());
    }

    void aStrangersTriggerNeverRuns() {
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        change(folder / "a.db", "CREATE TRIGGER more AFTER UPDATE ON run BEGIN DELETE FROM point; END");
        const Caught error = caught([&] { const Store store(folder / "a.db"); });
        QCOMPARE(error.kind, ErrorKind::input);
        QVERIFY2(error.says("more"), error.message.c_str());
        QCOMPARE(StoreReader(folder / "a.db").runs(1).size(), std::size_t(4)); // it can be looked at
        QCOMPARE(count(folder / "a.db", "point"), std::int64_t(1200));
    }

    // Conditions of another program would refuse rows of ours.
    void aStrangersConditionsAreRefused_data() {
        QTest::addColumn<QByteArray>("sql");
        const auto row = [](const char* name, const char* sql) { QTest::newRow(name) << QByteArray(sql); };
        row("a unique index", "CREATE UNIQUE INDEX mine ON run(seed)");
        row("an index on an expression", "CREATE INDEX mine ON study(title || 'x')");
        row("a table that refers to ours", "CREATE TABLE mine(run REFERENCES run(id))");
        row("a condition", "ALTER TABLE study ADD COLUMN mine TEXT CHECK (id < 2)");
        row("an index is missing", "DROP INDEX run_by_study");
    }
    void aStrangersConditionsAreRefused() {
        QFETCH(QByteArray, sql);
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        change(folder / "a.db", "UPDATE study SET title = '{}'; " + sql.toStdString());
        QCOMPARE(caught([&] { const Store store(folder / "a.db"); }).kind, ErrorKind::input);
        QVERIFY(!database_problems(folder / "a.db").empty());
        QCOMPARE(StoreReader(folder / "a.db").runs(1).size(), std::size_t(4));
        const Salvaged salvaged = salvage_database(folder / "a.db", folder / "b.db"); // the way out
        QCOMPARE(salvaged.rows.at("point"), std::int64_t(1200));
        QCOMPARE(database_problems(folder / "b.db"), std::vector<std::string>());
    }

    // Whatever rows were lost: no run is finished without them.
    void repairInventsNothing_data() {
        QTest::addColumn<QByteArray>("sql");
        const auto row = [](const char* name, const char* sql) { QTest::newRow(name) << QByteArray(sql); };
        row("no table of points", "DROP TABLE point");
        row("no table of predictions", "DROP TABLE prediction");
        row("no predictions", "DELETE FROM prediction");
        row("points that are texts", "CREATE TABLE p(series INTEGER, step INTEGER, wall_s, value, kind, PRIMARY "
                                     "KEY(series, step)) WITHOUT ROWID; INSERT INTO p "
                                     "SELECT * FROM point; DROP TABLE point; ALTER TABLE p RENAME TO point; UPDATE "
                                     "point SET value = 'x' WHERE step = 2");
        row("points without a value", "CREATE TABLE p(series INTEGER, step INTEGER, wall_s, value, kind, PRIMARY "
                                      "KEY(series, step)) WITHOUT ROWID; INSERT INTO p "
                                      "SELECT * FROM point; DROP TABLE point; ALTER TABLE p RENAME TO point; UPDATE "
                                      "point SET value = NULL WHERE step = 2");
        row("a view of some points",
            "ALTER TABLE point RENAME TO p; CREATE VIEW point AS SELECT * FROM p WHERE step < 9");
        row("no summary", "UPDATE run SET summary = 'null'");
        row("an empty summary", "UPDATE run SET summary = '{}'");
        row("files elsewhere", "INSERT INTO artifact SELECT id, 'adapter', '../../etc/passwd', '', 1, 1 FROM run");
        row("another column", "ALTER TABLE point RENAME COLUMN value TO v");
    }
    void repairInventsNothing() {
        QFETCH(QByteArray, sql);
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        change(folder / "a.db", "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; " + sql.toStdString());
        salvage_database(folder / "a.db", folder / "b.db");
        QCOMPARE(database_problems(folder / "b.db"), std::vector<std::string>());
        QCOMPARE(count(folder / "b.db", "run WHERE state = 'interrupted'"), std::int64_t(4));
    }

    // What lies beside the new name belongs to somebody.
    void repairTouchesNothingElse() {
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        fs::create_directory(folder / "mine");
        fs::create_directory_symlink("mine", folder / "b.db.files");
        for (const char* name : {"c.db-wal", "d.db-journal", "e.db"})
            write_text(folder / name, "mine");
        write_text(folder / "f.db.part", "mine");
        for (const char* name : {"b.db", "c.db", "d.db", "e.db"})
            QCOMPARE(caught([&] { salvage_database(folder / "a.db", folder / name); }).kind, ErrorKind::storage);
        salvage_database(folder / "a.db", folder / "f.db");
        QVERIFY(fs::is_empty(folder / "mine") && !fs::exists(folder / "b.db"));
        for (const char* name : {"c.db-wal", "d.db-journal", "e.db", "f.db.part"})
            QCOMPARE(read_file(folder / name, 100), std::string("mine"));
    }

    // An older file is copied before it is changed; its times become durations where they make sense.
    void olderSchemasAreBackedUpAndUpgraded() {
        TemporaryFolder folder;
        {
            Connection connection(folder / "a.db", Connection::Mode::read_write);
            migrate(connection, 1);
            connection.execute("INSERT INTO study(uuid, title, document, tasks, created_ms, modified_ms) VALUES "
                               "('0123456789abcdef0123456789abcdef', 't', '{}', '{}', 0, 0)");
            connection.execute(
                "INSERT INTO arm(study, position, label, method, levels, colour_slot) VALUES (1, 0, 'a', 'b', "
                "'{}', 1)");
            connection.execute(
                "INSERT INTO run(uuid, study, arm, seed, state, spec, fingerprint, created_ms, started_ms, "
                "finished_ms) VALUES ('0123456789abcdef0123456789abcdef', 1, 1, 1, 'finished', '{}', '', 0, "
                "1000, 3500)");
        }
        QCOMPARE(StoreReader(folder / "a.db").run(1)->elapsed_ms, std::int64_t(2500)); // as it is
        { const Store store(folder / "a.db"); }
        QCOMPARE(StoreReader(folder / "a.db").schema_version(), int(schema_version));
        QCOMPARE(StoreReader(folder / "a.db").run(1)->elapsed_ms, std::int64_t(2500));
        const auto copies = backups_of(folder / "a.db");
        QVERIFY(!copies.empty());
        QCOMPARE(StoreReader(copies.back()).schema_version(), 1);
    }

    void oneBackupADayAndThreeKept() {
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        // Nothing was in it when it was opened; on a busy machine the thread may look when something is.
        QVERIFY(backups_of(folder / "a.db").size() <= 1);
        {
            const Store store(folder / "a.db");
            EVENTUALLY_EQUAL(backups_of(folder / "a.db").size(), std::size_t(1));
        }
        for (int start = 0; start < 3; ++start)
            const Store store(folder / "a.db");
        QCOMPARE(backups_of(folder / "a.db").size(), std::size_t(1));
        QCOMPARE(database_problems(backups_of(folder / "a.db").front()), std::vector<std::string>());
        for (int day = 1; day <= 4; ++day)
            write_text(backups_folder_of(folder / "a.db") / ("a-2020010" + std::to_string(day) + "-000000.db"), "old");
        back_up(folder / "a.db", false);
        const auto kept = backups_of(folder / "a.db");
        QCOMPARE(kept.size(), backups_kept);
        QVERIFY(kept.back().filename().string().find("20200104") != std::string::npos || kept.size() == 3);
    }

    // What else lies in that folder, or behind a link, is somebody else's.
    void backupsLeaveOtherFilesAlone() {
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        for (const char* name : {"0.db", "a-mine.db", "a-20200101-00000x.db", "b-20200101-000000.db"})
            write_text(backups_folder_of(folder / "a.db") / name, "mine");
        for (int i = 1; i <= 5; ++i)
            write_text(backups_folder_of(folder / "a.db") / ("a-2020010" + std::to_string(i) + "-000000.db"), "old");
        back_up(folder / "a.db", false);
        QCOMPARE(backups_of(folder / "a.db").size(), backups_kept);
        for (const char* name : {"0.db", "a-mine.db", "a-20200101-00000x.db", "b-20200101-000000.db"})
            QVERIFY(fs::exists(backups_folder_of(folder / "a.db") / name));
        fs::copy_file(folder / "a.db", folder / "c.db");
        fs::create_directory(folder / "mine");
        fs::create_directory_symlink("mine", folder / "c.db.backups");
        QCOMPARE(caught([&] { back_up(folder / "c.db", false); }).kind, ErrorKind::storage);
        QVERIFY(fs::is_empty(folder / "mine"));
    }

    // A name is a name, and a link leads to what belongs to the database.
    void namesAndLinks() {
        TemporaryFolder folder;
        const fs::path before = fs::current_path();
        fs::current_path(folder.path());
        for (const char* name : {"file:x.db", ":memory:", "a%20b?c#d.db"}) {
            fill(name, 1);
            QVERIFY2(fs::is_regular_file(name), name);
            QCOMPARE(database_problems(name), std::vector<std::string>());
            QCOMPARE(caught([&] { const Store one(name), two(name); }).kind, ErrorKind::locked);
        }
        fs::create_directory("far");
        fs::create_symlink("../file:x.db", "far/link.db");
        QCOMPARE(fs::weakly_canonical(files_folder_of("far/link.db")),
                 fs::weakly_canonical(folder / "file:x.db.files"));
        QCOMPARE(fs::weakly_canonical(backups_folder_of("far/link.db")),
                 fs::weakly_canonical(folder / "file:x.db.backups"));
        fs::current_path(before);
    }

    // A backup that is not complete is none.
    void aBackupIsGivenUp() {
        TemporaryFolder folder;
        fill(folder / "a.db", 2);
        QVERIFY(back_up(folder / "a.db", true).empty());
        QVERIFY(fs::is_empty(backups_folder_of(folder / "a.db")));
        write_text(folder / "b.db.backups", "in the way");
        fs::copy_file(folder / "a.db", folder / "b.db");
        QCOMPARE(caught([&] { back_up(folder / "b.db", false); }).kind, ErrorKind::storage);
        const Store store(folder / "b.db"); // and the database opens all the same
    }

    // A file that somebody has changed since it was last seen sound is looked at again.
    void whatChangedIsCheckedAgain() {
        TemporaryFolder folder;
        fill(folder / "a.db", 1);
        { const StoreReader reader(folder / "a.db"); }
        std::string bytes = bytes_of(folder / "a.db");
        std::fill(bytes.begin() + 8192, bytes.begin() + 12288, '\x55');
        write_text(folder / "a.db", bytes);
        QCOMPARE(caught([&] { const StoreReader reader(folder / "a.db"); }).kind, ErrorKind::input);
        QCOMPARE(caught([&] { const StoreReader reader(folder / "a.db"); }).kind, ErrorKind::input);
    }

    // A medium that cannot be written has no room for the file that readers share.
    void aReadOnlyFolderIsRead() {
        if (::geteuid() == 0) QSKIP("root may write everywhere");
        TemporaryFolder folder;
        fs::create_directory(folder / "medium");
        fill(folder / "medium/a %23?b.db", 1);
        fs::remove(folder / "medium/a %23?b.db-shm");
        fs::remove(folder / "medium/a %23?b.db-wal");
        fs::permissions(folder / "medium", fs::perms::owner_read | fs::perms::owner_exec);
        const bool read =
            !caught([&] { QCOMPARE(StoreReader(folder / "medium/a %23?b.db").runs(1).size(), std::size_t(4)); }).thrown;
        fs::permissions(folder / "medium", fs::perms::owner_all);
        QVERIFY(read);
    }
};

DIAPASON_TEST(TestDatabaseCheck)
#include "test_database_check.moc"
