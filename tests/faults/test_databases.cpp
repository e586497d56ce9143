// Databases that come from elsewhere, and several names for one: at most one program writes, and nothing outside is
// touched.

#include "core/store/connection.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "tests/support/program.h"

#include <sys/stat.h>
#include <unistd.h>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

class TestDatabases : public QObject {
    Q_OBJECT

    static Outcome run(const TemporaryFolder& folder, const fs::path& database, const QStringList& more = {}) {
        return run_cli(folder.path(),
                       QStringList{QStringLiteral("study"), QStringLiteral("run")} +
                           (more.isEmpty() ? QStringList{QStringLiteral("study.json")} : more) +
                           QStringList{QStringLiteral("--db"), QString::fromStdString(database.string())});
    }

    static void write_study(const TemporaryFolder& folder) { write_text(folder / "study.json", tiny_study().dump()); }

    TemporaryFolder m_ended;

    /// a.db with a study of one seed that has ended.
    fs::path ended_study(const TemporaryFolder& folder) const {
        fs::copy(m_ended.path(), folder.path(), fs::copy_options::recursive);
        return folder / "a.db";
    }

private Q_SLOTS:
    void initTestCase() {
        write_study(m_ended);
        QVERIFY(run(m_ended, m_ended / "a.db",
                    {QStringLiteral("study.json"), QStringLiteral("--seeds"), QStringLiteral("1")})
                    .code == 0);
    }

    void oneWriterWhateverTheName_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("the same") << QByteArray("real/a.db");
        QTest::newRow("a link") << QByteArray("link.db");
        QTest::newRow("a link to a link") << QByteArray("link2.db");
        QTest::newRow("a linked folder") << QByteArray("folder/a.db");
        QTest::newRow("a detour") << QByteArray("real/../real/./a.db");
    }
    void oneWriterWhateverTheName() {
        QFETCH(QByteArray, name);
        TemporaryFolder folder;
        write_study(folder);
        fs::create_directory(folder / "real");
        fs::create_directory_symlink("real", folder / "folder");
        fs::create_symlink("real/a.db", folder / "link.db");
        fs::create_symlink("link.db", folder / "link2.db");
        const Store store(folder / "real/a.db");
        // Another program, and this one again.
        const Outcome outcome = run(folder, folder / name.toStdString());
        QVERIFY2(outcome.code == 7, outcome.error.c_str());
        QVERIFY2(outcome.says(std::to_string(::getpid())), outcome.error.c_str());
        QVERIFY(caught([&] { Store(folder / name.toStdString()); }).kind == ErrorKind::locked);
    }

    void theLockEndsWithTheStore() {
        TemporaryFolder folder;
        fs::create_symlink("a.db", folder / "b.db");
        for (const char* name : {"a.db", "b.db", "a.db"})
            Store(folder / name).flush();
    }

    // SQLite keeps its log beside the name: by another hard link it would miss what is in there.
    void severalHardLinksAreRefused() {
        TemporaryFolder folder;
        write_study(folder);
        Store(folder / "a.db").flush();
        fs::create_hard_link(folder / "a.db", folder / "b.db");
        for (const char* name : {"a.db", "b.db"}) {
            const Outcome outcome = run(folder, folder / name);
            QVERIFY2(outcome.code == 4 && outcome.says("hard links"), outcome.error.c_str());
        }
    }

    void onlyRegularFilesAreDatabases_data() {
        QTest::addColumn<QByteArray>("kind");
        QTest::newRow("a FIFO") << QByteArray("fifo");
        QTest::newRow("a folder") << QByteArray("folder");
        QTest::newRow("a device") << QByteArray("device");
    }
    void onlyRegularFilesAreDatabases() {
        QFETCH(QByteArray, kind);
        TemporaryFolder folder;
        write_study(folder);
        if (kind == "fifo") QVERIFY(::mkfifo((folder / "a.db").c_str(), 0600) == 0);
        if (kind == "folder") fs::create_directory(folder / "a.db");
        if (kind == "device") fs::create_symlink("/dev/null", folder / "a.db");
        const Outcome outcome = run(folder, folder / "a.db");
        QVERIFY2(outcome.code == 4 && outcome.says("a.db"), outcome.error.c_str());
        QVERIFY(!fs::exists("/dev/null.lock"));
    }

    // A folder from a stranger may hold links beside the database: what they lead to stays as it is.
    void linksBesideTheDatabaseAreNotFollowed() {
        TemporaryFolder folder;
        write_study(folder);
        write_text(folder / "precious", "mine");
        fs::create_symlink("precious", folder / "a.db.lock");
        QVERIFY(run(folder, folder / "a.db").code == 0);
        QCOMPARE(read_file(folder / "precious", 100), std::string("mine"));
    }

    // What becomes a path is checked when it is read.
    void namesInADatabaseStayNames_data() {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* label, const char* sql, const char* says) {
            QTest::newRow(label) << QByteArray(sql) << QByteArray(says);
        };
        row("an absolute uuid", "UPDATE run SET uuid = '/tmp/victim' WHERE id = 1", "run 1.uuid");
        row("a uuid that climbs", "UPDATE run SET uuid = '../../escaped' WHERE id = 1", "run 1.uuid");
        row("an empty uuid", "UPDATE run SET uuid = '' WHERE id = 1", "run 1.uuid");
        row("a long uuid", "UPDATE run SET uuid = uuid || 'a' WHERE id = 1", "run 1.uuid");
        row("capitals", "UPDATE run SET uuid = 'ABCDEF0123456789ABCDEF0123456789' WHERE id = 1", "run 1.uuid");
        row("a study's", "UPDATE study SET uuid = '../x'", "study 1.uuid");
        row("no JSON", "UPDATE study SET document = 'x'", "study 1.document");
        row("a list", "UPDATE study SET document = '[]'", "study 1.document");
        row("deep JSON", "UPDATE run SET spec = replace(hex(zeroblob(100000)), '00', '[')", "run 1.spec");
        row("a spec", "UPDATE run SET spec = 'x'", "run 1.spec");
        row("a number", "UPDATE run SET summary = '5'", "run 1.summary");
    }
    void namesInADatabaseStayNames() {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        {
            Connection connection(ended_study(folder), Connection::Mode::read_write);
            connection.execute(sql.toStdString());
            connection.execute("UPDATE run SET state = 'interrupted'");
        }
        const Outcome outcome = run(folder, folder / "a.db", {QStringLiteral("--continue"), QStringLiteral("1")});
        QVERIFY2(outcome.code == 3, (std::to_string(outcome.code) + outcome.error).c_str());
        QVERIFY2(outcome.says(says.toStdString()), outcome.error.c_str());
        QVERIFY(!fs::exists(folder / "escaped") && !fs::exists("/tmp/victim"));
    }

    // A table is drawn of what is whole.
    void damagedSummariesAreLeftOut_data() {
        QTest::addColumn<QByteArray>("sql");
        const auto row = [](const char* label, const char* sql) { QTest::newRow(label) << QByteArray(sql); };
        row("none", "UPDATE run SET summary = 'null'");
        row("empty", "UPDATE run SET summary = '{}'");
        row("a number for metrics", R"(UPDATE run SET summary = '{"metrics": 5}')");
        row("an object for metrics", R"(UPDATE run SET summary = '{"metrics": {"abc": 1}}')");
        row("a list of numbers", R"(UPDATE run SET summary = '{"metrics": [1, 2]}')");
        row("texts for numbers",
            R"(UPDATE run SET summary = json_set(summary, '$.best_step', 'x', '$.seconds', '[]'))");
        row("another specification", "UPDATE run SET spec = '{\"training_options\": 7}'");
        row("another document", "UPDATE study SET document = '{\"backbone\": 5, \"factors\": 3, \"baseline\": []}'");
        row("another task", "UPDATE study SET tasks = '{\"section\": 4}'");
        row("other inputs", R"(UPDATE run SET environment = '{"inputs": [3, {"what": 1}]}')");
        row("other levels", "UPDATE arm SET levels = '{\"method\": [1]}'");
    }
    void damagedSummariesAreLeftOut() {
        QFETCH(QByteArray, sql);
        TemporaryFolder folder;
        {
            Connection connection(ended_study(folder), Connection::Mode::read_write);
            connection.execute(sql.toStdString());
        }
        for (const char* line :
             {"study show 1", "study list", "run list", "run show 1", "export --study 1 --format csv"}) {
            const Outcome outcome =
                run_cli(folder.path(), QString::fromLatin1(line).split(QLatin1Char(' ')) +
                                           QStringList{QStringLiteral("--db"), QStringLiteral("a.db")});
            QVERIFY2(outcome.code == 0 || outcome.code == 3, (std::string(line) + ": " + outcome.error).c_str());
        }
    }

    void artifactsArePlainNames() {
        TemporaryFolder folder;
        {
            Connection connection(ended_study(folder), Connection::Mode::read_write);
            connection.execute("UPDATE artifact SET path = '../../../etc/passwd'");
        }
        QVERIFY(caught([&] { StoreReader(folder / "a.db").artifacts(1); }).says("run 1.artifact"));
    }

    // Seeds are unsigned numbers of 64 bits, in the database as everywhere.
    void theLargestSeed() {
        TemporaryFolder folder;
        write_study(folder);
        const QString largest = QStringLiteral("18446744073709551615");
        QVERIFY(run(folder, folder / "a.db", {QStringLiteral("study.json"), QStringLiteral("--seeds"), largest}).code ==
                0);
        QCOMPARE(StoreReader(folder / "a.db").runs(1).front().seed, UINT64_MAX);
        const Outcome listed =
            run_cli(folder.path(), {QStringLiteral("run"), QStringLiteral("list"), QStringLiteral("--db"),
                                    QString::fromStdString((folder / "a.db").string())});
        QVERIFY2(listed.says(largest.toStdString()), listed.out.c_str());
    }
};

DIAPASON_TEST(TestDatabases)
#include "test_databases.moc"
