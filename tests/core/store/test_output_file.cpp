#include "core/store/connection.h"
#include "core/store/output_file.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;
namespace fs = std::filesystem;

class TestOutputFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void noDatabaseGivesWay() {
        TemporaryFolder folder;
        const fs::path database = folder / "mine.db";
        { const Store store(database); }
        fs::copy_file(database, folder / "other.db");
        fs::create_symlink("mine.db", folder / "link.csv");
        fs::create_directories(folder / "mine.db.files" / "0");
        const std::string before = read_file(database, 1u << 20);
        for (const char* name : {"mine.db", "other.db", "link.csv", "mine.db-wal", "mine.db-shm", "mine.db-journal",
                                 "mine.db.files/x.csv", "mine.db.files/0/adapter.safetensors"}) {
            const Caught result = caught([&] { write_output_file(folder / name, database, "text"); });
            QVERIFY2(result.thrown && result.kind == ErrorKind::storage && result.says("not replaced"), name);
        }
        QVERIFY(read_file(database, 1u << 20) == before && read_file(folder / "other.db", 1u << 20) == before);
    }

    void allElseIsWritten() {
        TemporaryFolder folder;
        for (const char* name : {"table.csv", "SQLite", "other.db"}) {
            write_text(folder / name, "SQLite"); // something like the start of one is none
            write_output_file(folder / name, folder / "absent.db", "text");
            QCOMPARE(read_file(folder / name, 100), std::string("text"));
        }
    }

    // Another program was stopped while it wrote: its journal has to be played back by whoever may write.
    void aJournalOfOthersIsNamed() {
        TemporaryFolder folder;
        const fs::path file = folder / "writing.db", left = folder / "left.db";
        Connection connection(file, Connection::Mode::read_write);
        connection.execute("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; CREATE TABLE t(x)");
        connection.execute(
            "INSERT INTO t SELECT randomblob(3000) FROM "
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n)");
        connection.execute("BEGIN; UPDATE t SET x = randomblob(3000)");
        fs::copy_file(file, left);
        fs::copy_file(folder / "writing.db-journal", folder / "left.db-journal");
        connection.execute("ROLLBACK");
        const Caught result =
            caught([&] { Connection(left, Connection::Mode::read_only).value("SELECT count(*) FROM t"); });
        QVERIFY2(result.thrown && result.kind == ErrorKind::storage && result.says("-journal"), result.message.c_str());
    }
};

DIAPASON_TEST(TestOutputFile)
#include "test_output_file.moc"
