// slow
// diapason-cli as its users meet it: results, exit codes, one clear line for what cannot be.

#include "core/store/connection.h"
#include "core/store/store_reader.h"
#include "tests/support/program.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Metric values of a database, in an order of their own: what two executors must agree on.
std::vector<std::string> values_of(const std::filesystem::path& file) {
    Connection connection(file, Connection::Mode::read_only);
    Statement statement(
        connection, "SELECT a.label, r.seed, s.split || '/' || s.metric, p.step, printf('%.17g', p.value) FROM point p "
                    "JOIN series s ON s.id = p.series JOIN run r ON r.id = s.run JOIN arm a ON a.id = r.arm "
                    "WHERE s.split <> 'system' ORDER BY 1, 2, 3, 4");
    std::vector<std::string> lines;
    while (statement.step())
        lines.push_back(statement.text(0) + "|" + statement.text(1) + "|" + statement.text(2) + "|" +
                        statement.text(3) + "|" + statement.text(4));
    return lines;
}

} // namespace

class TestCli : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void threadAndProcessesGiveTheSameBits() {
        TemporaryFolder folder;
        write_text(folder / "tiny.json", tiny_study().dump());
        const auto run = [&](const char* executor, const char* file) {
            return run_cli(folder.path(), {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("tiny.json"),
                                           QStringLiteral("--executor"), QString::fromLatin1(executor),
                                           QStringLiteral("--db"), QString::fromLatin1(file)});
        };
        const Outcome one = run("thread", "a.db"), two = run("processes", "b.db"), three = run("processes", "c.db");
        QVERIFY2(one.code == 0, one.error.c_str());
        QVERIFY2(two.code == 0, two.error.c_str());
        QVERIFY(three.code == 0);
        const auto values = values_of(folder / "a.db");
        QVERIFY(values.size() > 50);
        QCOMPARE(values_of(folder / "b.db"), values);
        QCOMPARE(values_of(folder / "c.db"), values);
    }

    void aStoredStudyIsListedShownAndExported() {
        TemporaryFolder folder;
        Json document = tiny_study();
        document["methods"] = {{{"method", "head_only"}}};
        write_text(folder / "tiny.json", document.dump());
        const auto cli = [&](const char* line) {
            return run_cli(folder.path(), QString::fromLatin1(line).split(QLatin1Char(' ')));
        };
        const Outcome ran = cli("study run tiny.json --seeds 4-5 --json");
        QVERIFY2(ran.code == 0, ran.error.c_str());
        const Json result = parse_json(ran.out, "output");
        QCOMPARE(result["arms"][0]["finished"], Json(2));
        QVERIFY(cli("study list").says("Tiny"));
        QVERIFY(parse_json(cli("study list --json").out, "output").is_array());
        QVERIFY(cli("study show 1").says("Head only"));
        QVERIFY(cli("run list --study 1").says("finished"));
        QVERIFY(cli("run show 1").says("head_only"));
        for (const char* format : {"csv", "markdown", "latex", "json", "text"}) {
            const Outcome exported =
                run_cli(folder.path(), {QStringLiteral("export"), QStringLiteral("--study"), QStringLiteral("1"),
                                        QStringLiteral("--format"), QString::fromLatin1(format),
                                        QStringLiteral("--out"), QStringLiteral("table")});
            QVERIFY2(exported.code == 0, exported.error.c_str());
            QVERIFY(std::filesystem::file_size(folder / "table") > 50);
        }
        // A study that is complete has nothing to do, and says so by its table.
        const Outcome again = cli("study run --continue 1");
        QVERIFY2(again.code == 0 && again.says("Head only"), again.error.c_str());
    }

    void mistakesHaveOneLineAndACode_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("part");
        QTest::newRow("no command") << "" << 2 << "study";
        QTest::newRow("unknown command") << "dance" << 2 << "dance";
        QTest::newRow("unknown option") << "study run --smaple x" << 2 << "smaple";
        QTest::newRow("unknown sample") << "study run --sample first-lok" << 2 << "first-look";
        QTest::newRow("absent study file") << "study run absent.json" << 3 << "absent.json";
        QTest::newRow("absent study") << "study show 77" << 2 << "diapason.db";
        QTest::newRow("absent case folder") << "verify absent" << 3 << "absent";
        QTest::newRow("absent recipe") << "pretrain absent.json" << 3 << "absent.json";
        QTest::newRow("bad format") << "export --study 1 --format docx" << 2 << "docx";
        QTest::newRow("checked sample") << "study check --sample first-look" << 0 << "nothing is wrong";
        QTest::newRow("check of nothing") << "study check" << 2 << "give a study file";
        QTest::newRow("bad seeds") << "study run --sample first-look --seeds 3-x" << 2 << "3-x";
        QTest::newRow("absent device") << "study run --sample first-look --seeds 1 --device quantum" << 2 << "quantum";
    }
    void mistakesHaveOneLineAndACode() {
        QFETCH(QString, line);
        QFETCH(int, code);
        QFETCH(QString, part);
        TemporaryFolder folder;
        const Outcome outcome = run_cli(folder.path(), line.split(QLatin1Char(' '), Qt::SkipEmptyParts));
        QVERIFY2(outcome.code == code, (std::to_string(outcome.code) + ": " + outcome.error).c_str());
        QVERIFY2(outcome.says(part.toStdString()), outcome.error.c_str());
    }

    void everythingHasHelp_data() {
        QTest::addColumn<QString>("line");
        for (const char* line :
             {"--help", "study --help", "study run --help", "study list --help", "run show --help", "export --help",
              "verify --help", "pretrain --help", "doctor --help", "db repair --help", "--version"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }
    void everythingHasHelp() {
        QFETCH(QString, line);
        TemporaryFolder folder;
        const Outcome outcome = run_cli(folder.path(), line.split(QLatin1Char(' ')));
        QCOMPARE(outcome.code, 0);
        QVERIFY(!outcome.out.empty());
        QVERIFY2(std::filesystem::is_empty(folder.path()), "help writes nothing");
    }

    void aRefusedStudyLeavesNothing_data() {
        QTest::addColumn<QString>("line");
        for (const char* line :
             {"study run --sample first-look --device cuda:77", "study run --sample first-look --task none",
              "study run --sample first-look --seeds x", "study run --sample first-look --executor x",
              "study run absent.json", "study check --sample first-look --device cuda:77"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }
    void aRefusedStudyLeavesNothing() {
        QFETCH(QString, line);
        TemporaryFolder folder;
        const Outcome outcome = run_cli(folder.path(), line.split(QLatin1Char(' ')));
        QVERIFY2(outcome.code == 2 || outcome.code == 3, outcome.error.c_str());
        QVERIFY(std::filesystem::is_empty(folder.path()));
    }

    // The exit code says whether the study makes no sense or a file that it names cannot be used.
    void badStudiesAndFilesHaveTheirCodes_data() {
        QTest::addColumn<QByteArray>("changes"); // of a study that is fine
        QTest::addColumn<QByteArray>("rows");    // of rows.tsv beside it
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* changes, const char* rows, int code, const char* says) {
            QTest::newRow(name) << QByteArray(changes) << QByteArray(rows) << code << QByteArray(says);
        };
        row("a newer version", R"({"version": 99})", "", 8, "version = 99");
        row("a version that is none", R"({"version": "one"})", "", 2, "version = \"one\"");
        row("no such task", R"({"task": "nowhere.tsv"})", "", 2, "nowhere.tsv");
        row("a folder", R"({"task": "."})", "", 3, "is a folder");
        row("a device", R"({"task": "/dev/null"})", "", 3, "not a regular file");
        row("no label column", R"({"task": "rows.tsv"})", "sentence\nx\ny\n", 3, "label");
        row("not UTF-8", R"({"task": "rows.tsv"})", "sentence\tlabel\nx\ta\n\xff\tb\n", 3, "line 3");
        row("one label", R"({"task": "rows.tsv"})", "sentence\tlabel\nx\ta\ny\ta\n", 3, "only one label");
        row("an absent backbone", R"({"backbone": "nowhere"})", "", 2, "nowhere");
    }
    void badStudiesAndFilesHaveTheirCodes() {
        QFETCH(QByteArray, changes);
        QFETCH(QByteArray, rows);
        QFETCH(int, code);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        Json study = tiny_study();
        study.update(parse_json(changes.toStdString(), "row"));
        write_text(folder / "study.json", study.dump());
        if (!rows.isEmpty()) write_text(folder / "rows.tsv", rows.toStdString());
        for (const char* verb : {"check", "run"}) {
            const Outcome outcome = run_cli(
                folder.path(), {QStringLiteral("study"), QString::fromLatin1(verb), QStringLiteral("study.json")});
            QVERIFY2(outcome.code == code && outcome.says(says.toStdString()),
                     (std::to_string(outcome.code) + ": " + outcome.error).c_str());
            QVERIFY(!std::filesystem::exists(folder / "diapason.db"));
        }
    }

    // Cases may name a backbone that lies elsewhere: --backbones says where, or the variable.
    void namedBackbonesAreFoundByTheVariable() {
        TemporaryFolder folder;
        const auto source = fixtures() / "parity" / "forward" / "bert-none";
        std::filesystem::copy(source, folder / "case", std::filesystem::copy_options::recursive);
        Json document = read_json(folder / "case/case.json");
        const auto backbone = std::filesystem::canonical(source / document["backbone"].get<std::string>());
        std::filesystem::create_directories(folder / "elsewhere");
        std::filesystem::copy(backbone, folder / "elsewhere/tiny-bert", std::filesystem::copy_options::recursive);
        document["backbone"] = {{"name", "tiny-bert"}, {"package", "tiny-package"}};
        write_text(folder / "case/case.json", document.dump());
        const auto verify = [&](const QStringList& more) {
            return run_cli(folder.path(), QStringList{QStringLiteral("verify"), QStringLiteral("case")} + more);
        };
        qunsetenv("DIAPASON_BACKBONES");
        const Outcome without = verify({});
        QVERIFY(without.code != 0 && without.says("missing backbone tiny-bert (package tiny-package)"));
        QVERIFY(without.says("DIAPASON_BACKBONES") && without.says("0 passed, 1 failed"));
        qputenv("DIAPASON_BACKBONES", (folder / "elsewhere").string().c_str());
        const Outcome by_variable = verify({});
        const Outcome by_option = verify({QStringLiteral("--backbones"), QStringLiteral("nowhere")});
        qunsetenv("DIAPASON_BACKBONES");
        // It is found: what is refused now is a folder that cannot tokenise the case's texts.
        QVERIFY2(by_variable.says("elsewhere/tiny-bert: contains no tokenizer"), by_variable.out.c_str());
        QVERIFY(by_option.code != 0 && by_option.says("missing backbone")); // the option goes before the variable
        QVERIFY(verify({QStringLiteral("--backbones"), QStringLiteral("elsewhere")}).says("contains no tokenizer"));
    }

    void whatCannotBeWrittenIsSaid_data() {
        QTest::addColumn<QString>("line");
        for (const char* line : {"methods --markdown", "tasks", "study samples", "study samples --json", "study schema",
                                 "study run --sample nothing --help", "backbone list", "doctor", "--help", "--version"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }
    void whatCannotBeWrittenIsSaid() {
        QFETCH(QString, line);
        TemporaryFolder folder;
        QProcess process;
        prepare(process, folder.path(), line.split(QLatin1Char(' ')));
        process.setStandardOutputFile(QStringLiteral("/dev/full"));
        process.start();
        QVERIFY(process.waitForFinished(patience_ms));
        QCOMPARE(process.exitCode(), 4);
        const QByteArray error = process.readAllStandardError();
        QVERIFY2(error.contains("standard output") && error.contains("No space left"), error.constData());
    }

    void doctorKnowsTheMachine() {
        TemporaryFolder folder;
        const Outcome outcome = run_cli(folder.path(), {QStringLiteral("doctor"), QStringLiteral("--json")});
        QVERIFY2(outcome.code == 0, outcome.error.c_str());
        const Json facts = parse_json(outcome.out, "output");
        for (const char* key : {"torch", "sqlite"})
            QVERIFY2(outcome.out.find(key) != std::string::npos, outcome.out.c_str());
        QVERIFY(facts.is_object());
    }

    void aLockedDatabaseIsSaid() {
        TemporaryFolder folder;
        Json document = tiny_study();
        document["training"]["steps"] = 2000;
        write_text(folder / "long.json", document.dump());
        QProcess first;
        prepare(first, folder.path(), {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("long.json")});
        first.start();
        const auto trains = [&] {
            try {
                const StoreReader reader(folder / "diapason.db");
                for (const RunRecord& run : reader.runs(1))
                    if (!reader.series(run.id).empty()) return true;
            } catch (const Error&) { // not there yet
            }
            return false;
        };
        EVENTUALLY(trains());
        const Outcome second =
            run_cli(folder.path(), {QStringLiteral("study"), QStringLiteral("run"), QStringLiteral("long.json")});
        QCOMPARE(second.code, 7);
        QVERIFY2(second.says(std::to_string(first.processId())), second.error.c_str());
        first.terminate(); // asks it to stop
        QVERIFY(first.waitForFinished(patience_ms));
        QCOMPARE(first.exitCode(), 75);
        for (const RunRecord& run : StoreReader(folder / "diapason.db").runs(1))
            QVERIFY2(run.state == RunState::interrupted || run.state == RunState::queued, name_of(run.state));
    }
};

DIAPASON_TEST(TestCli)
#include "test_cli.moc"
