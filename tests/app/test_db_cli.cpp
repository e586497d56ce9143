// diapason-cli db: a damaged database is told, its rest saved, and what only run folders know is queued again.

#include "core/store/backup.h"
#include "core/store/connection.h"
#include "core/store/run_folder.h"
#include "core/store/store_reader.h"
#include "tests/support/program.h"
#include "tests/support/stored_result.h"

#include <sys/stat.h>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

class TestDbCli : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder; ///< with a finished study, copied by each test

    static Outcome cli(const fs::path& home, const QString& line) {
        return run_cli(home, line.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    }

    fs::path copy(const TemporaryFolder& folder) const {
        fs::copy_file(m_folder / "diapason.db", folder / "diapason.db");
        fs::copy(m_folder / "diapason.db.files", folder / "diapason.db.files", fs::copy_options::recursive);
        return folder / "diapason.db";
    }

    // A page of its own kind, as a disk's fault would hit it.
    static void damage(const fs::path& file, const std::string& table) {
        std::int64_t page = 0;
        {
            Connection connection(file, Connection::Mode::read_write);
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            page = connection.value("SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'");
        }
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekp(4096 * (page - 1));
        const std::string noise(4096, '\x7f');
        bytes.write(noise.data(), std::streamsize(noise.size()));
    }

private Q_SLOTS:
    void initTestCase() {
        write_text(m_folder / "study.json", tiny_study().dump());
        const Outcome outcome = cli(m_folder.path(), QStringLiteral("study run study.json --quiet"));
        QVERIFY2(outcome.code == 0, outcome.error.c_str());
    }

    void aGoodOneIsGood() {
        TemporaryFolder folder;
        copy(folder);
        const Outcome check = cli(folder.path(), QStringLiteral("db check"));
        QVERIFY2(check.code == 0 && check.says("nothing is wrong"), (check.out + check.error).c_str());
        const Outcome doctor = cli(folder.path(), QStringLiteral("doctor --json"));
        QVERIFY2(doctor.code == 0 && doctor.says("database_check"), doctor.error.c_str());
        const Outcome backup = cli(folder.path(), QStringLiteral("db backup"));
        QVERIFY2(backup.code == 0, backup.error.c_str());
        QVERIFY(result_of(backups_of(folder / "diapason.db").front()).size() > 10);
        fs::remove(files_folder_of(folder / "diapason.db") / StoreReader(folder / "diapason.db").runs(1).front().uuid /
                   adapter_file);
        const Outcome missing = cli(folder.path(), QStringLiteral("db check --json"));
        QVERIFY2(missing.code == 3 && missing.says("is not there"), missing.out.c_str());
    }

    // Every verb says in one line that it is damaged and what helps, and writes nothing.
    void everyVerbRefusesADamagedOne_data() {
        QTest::addColumn<QString>("line");
        for (const char* line : {"study list", "study show 1", "run list --study 1", "run show 1", "export --study 1",
                                 "study run study.json", "study run --continue 1", "db check", "db backup", "doctor"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }
    void everyVerbRefusesADamagedOne() {
        QFETCH(QString, line);
        TemporaryFolder folder;
        write_text(folder / "study.json", tiny_study().dump());
        const fs::path file = copy(folder);
        damage(file, "point");
        const std::string before = read_file(file, 64u << 20);
        const Outcome outcome = cli(folder.path(), line);
        QVERIFY2(outcome.code == 3, (std::to_string(outcome.code) + outcome.out + outcome.error).c_str());
        QVERIFY(read_file(file, 64u << 20) == before);
        if (line == QStringLiteral("study list"))
            QVERIFY2(outcome.error.find('\n') == outcome.error.size() - 1 && outcome.says("db repair"),
                     outcome.error.c_str());
    }

    // Points are lost: their runs are run again and give the same bits.
    void repairSavesTheRest() {
        TemporaryFolder folder;
        const fs::path file = copy(folder);
        const std::vector<std::string> good = result_of(file);
        damage(file, "point");
        const Outcome outcome = cli(folder.path(), QStringLiteral("db repair --out mended.db"));
        QVERIFY2(outcome.code == 0, outcome.error.c_str());
        QCOMPARE(StoreReader(folder / "mended.db").runs(1).size(), std::size_t(4));
        QCOMPARE(cli(folder.path(), QStringLiteral("db check --db mended.db")).code, 0);
        const Outcome again = cli(folder.path(), QStringLiteral("study run --continue 1 --db mended.db --quiet"));
        QVERIFY2(again.code == 0, again.error.c_str());
        QVERIFY(result_of(folder / "mended.db") == good);
        QCOMPARE(cli(folder.path(), QStringLiteral("db repair --out mended.db")).code, 4); // it is there already
    }

    // The rows of runs are lost as well: their folders are all that is left, and enough.
    void repairFindsRunsByTheirFolders() {
        TemporaryFolder folder;
        const fs::path file = copy(folder);
        damage(file, "run");
        const Outcome outcome = cli(folder.path(), QStringLiteral("db repair --json"));
        QVERIFY2(outcome.code == 0, outcome.error.c_str());
        const Json facts = parse_json(outcome.out, "repair");
        QCOMPARE(facts.at("recovered_runs").get<int>(), 4);
        const fs::path mended = folder / "diapason-repaired.db";
        const StoreReader reader(mended);
        const RowId study = reader.study_lines().front().id;
        QCOMPARE(reader.study(study)->title, std::string("Recovered runs"));
        QCOMPARE(reader.arms(study).size(), std::size_t(2));
        const Outcome again =
            cli(folder.path(), QStringLiteral("study run --continue %1 --db diapason-repaired.db --quiet").arg(study));
        QVERIFY2(again.code == 0, again.error.c_str());
        for (const RunRecord& run : reader.runs(study)) {
            QCOMPARE(run.state, RunState::finished);
            const auto adapter = [&](const fs::path& database) {
                return read_file(files_folder_of(database) / run.uuid / adapter_file, 64u << 20);
            };
            QVERIFY(adapter(mended) == adapter(m_folder / "diapason.db"));
        }
    }

    // No output takes the place of a database, its log or its files.
    void outputsNeverReplaceADatabase() {
        TemporaryFolder folder;
        write_text(folder / "study.json", tiny_study().dump());
        const fs::path file = copy(folder);
        fs::copy_file(file, folder / "other.db");
        fs::create_symlink("diapason.db", folder / "link.csv");
        const std::string before = read_file(file, 64u << 20);
        for (const char* name : {"diapason.db", "link.csv", "other.db", "diapason.db-wal", "diapason.db.files/x.csv"}) {
            const Outcome outcome =
                cli(folder.path(), QStringLiteral("export --study 1 --out ") + QString::fromLatin1(name));
            QVERIFY2(outcome.code == 4 && outcome.says("not replaced"), (name + outcome.error).c_str());
        }
        QCOMPARE(cli(folder.path(), QStringLiteral("study budget study.json --target 1% --out other.db")).code, 4);
        QVERIFY(read_file(file, 64u << 20) == before && read_file(folder / "other.db", 64u << 20) == before);
        QCOMPARE(cli(folder.path(), QStringLiteral("export --study 1 --out table.csv")).code, 0);
    }

    // A FIFO is not waited for.
    void fifosAreNoDatabases() {
        TemporaryFolder folder;
        QVERIFY(::mkfifo((folder / "f.db").c_str(), 0600) == 0);
        for (const char* line : {"study list", "db check", "db backup", "db repair", "run list", "study show 1"}) {
            const Outcome outcome = run_cli(
                folder.path(), (QString::fromLatin1(line) + QStringLiteral(" --db f.db")).split(QLatin1Char(' ')));
            QVERIFY2(outcome.code == 4, (line + std::to_string(outcome.code) + outcome.error).c_str());
        }
    }

    // One study that somebody has broken by hand does not hide the others.
    void oneBadRowHidesNoOther() {
        TemporaryFolder folder;
        write_text(folder / "study.json", tiny_study().dump());
        const fs::path file = copy(folder);
        const Outcome second = cli(folder.path(), QStringLiteral("study run study.json --quiet --seeds 1"));
        QVERIFY2(second.code == 0, second.error.c_str());
        {
            Connection connection(file, Connection::Mode::read_write);
            connection.execute("UPDATE study SET document = '{\"backbone\": ' WHERE id = 2");
        }
        const Outcome list = cli(folder.path(), QStringLiteral("study list"));
        QVERIFY2(list.code == 0 && list.says("encoder-mini"), list.error.c_str());
        QCOMPARE(cli(folder.path(), QStringLiteral("study show 1")).code, 0);
        QCOMPARE(cli(folder.path(), QStringLiteral("study show 2")).code, 3);
    }
};

DIAPASON_TEST(TestDbCli)
#include "test_db_cli.moc"
