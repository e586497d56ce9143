// diapason-cli tasks: data of one's own is recognised, checked, kept and removed; and a study trains on it.

#include "core/base/json.h"
#include "tests/support/program.h"

using namespace diapason;
using namespace diapason::testing;

class TestTaskCli : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder;

    Outcome cli(const QString& line) const {
        return run_cli(m_folder.path(), line.split(QLatin1Char(' '), Qt::SkipEmptyParts));
    }

private Q_SLOTS:
    void initTestCase() {
        std::string text = "Bewertung;Sterne;Notiz\n";
        for (int i = 0; i < 120; ++i)
            text += "\"gut; Nummer " + std::to_string(i) + "\";" + (i % 3 ? "5" : "1") + ";eine Notiz\n";
        write_text(m_folder / "reviews.csv", text);
        write_text(m_folder / "bad.csv", "text,label\na,x\nb,y,z\nc,x\nd,y\n");
    }

    void showsWhatItRecognises() {
        const Outcome text = cli(QStringLiteral("tasks show reviews.csv"));
        QVERIFY2(text.code == 0 && text.says("\"kind\": \"classification\"") && text.says("# Cells between semicolons"),
                 (text.out + text.error).c_str());
        const Json json = parse_json(cli(QStringLiteral("tasks show reviews.csv --json")).out, "show");
        QCOMPARE(json.at("task").at("columns").dump(), std::string(R"({"label":"Sterne","text":"Bewertung"})"));
        const Json mapped = parse_json(
            cli(QStringLiteral("tasks show reviews.csv --map text=Notiz --kind classification --json")).out, "show");
        QCOMPARE(mapped.at("task").at("columns").at("text").dump(), std::string("\"Notiz\""));
        QVERIFY(cli(QStringLiteral("tasks show section")).says("\"id\": \"section\""));
    }

    void checksAndPreviews() {
        const Outcome check = cli(QStringLiteral("tasks check reviews.csv --backbone encoder-mini"));
        QVERIFY2(check.code == 0 && check.says("Classification, 2 labels") && check.says("median tokens"),
                 (check.out + check.error).c_str());
        const Json json = parse_json(cli(QStringLiteral("tasks check reviews.csv --json")).out, "check");
        std::int64_t rows = 0;
        for (const Json& split : json.at("splits"))
            rows += split.at("rows").get<std::int64_t>();
        QCOMPARE(rows, std::int64_t(120));
        const Outcome preview = cli(QStringLiteral("tasks preview reviews.csv --rows 2"));
        QVERIFY2(preview.code == 0 && preview.says("[CLS]"), (preview.out + preview.error).c_str());
    }

    // On a terminal long reading says how far it is; in a file nothing of it is left.
    void longReadingIsTold() {
        std::string text = "text,label\n";
        for (int i = 0; i < 200000; ++i)
            text +=
                "This is text number " + std::to_string(i) + " of a long file,class " + std::to_string(i % 5) + "\n";
        write_text(m_folder / "long.csv", text);
        QProcess terminal;
        prepare(terminal, m_folder.path(), {});
        terminal.setArguments({QStringLiteral("-qec"), terminal.program() + QStringLiteral(" tasks check long.csv"),
                               QStringLiteral("/dev/null")});
        terminal.setProgram(QStringLiteral("script"));
        terminal.start();
        const Outcome told = outcome_of(terminal, patience_ms);
        QVERIFY2(told.code == 0 && told.says("long.csv") && told.says(" %\r\x1b[K"), told.out.substr(0, 2000).c_str());
        const Outcome plain = cli(QStringLiteral("tasks check long.csv"));
        QCOMPARE(plain.error, std::string());
    }

    void keptTrainedRemoved() {
        const Outcome add = cli(QStringLiteral("tasks add reviews.csv --id mine"));
        QVERIFY2(add.code == 0 && add.says("mine.json"), add.error.c_str());
        QVERIFY(cli(QStringLiteral("tasks")).says("mine"));
        const Outcome again = cli(QStringLiteral("tasks add reviews.csv --id mine"));
        QVERIFY2(again.code == 2 && again.error.find("already exists") != std::string::npos, again.error.c_str());
        QCOMPARE(cli(QStringLiteral("tasks add reviews.csv --id mine --replace")).code, 0);
        Json study = tiny_study();
        study["task"] = "mine";
        write_text(m_folder / "study.json", study.dump());
        const Outcome check = cli(QStringLiteral("study check study.json"));
        QVERIFY2(check.code == 0, (check.out + check.error).c_str());
        QCOMPARE(cli(QStringLiteral("tasks remove mine")).code, 0);
        QCOMPARE(cli(QStringLiteral("tasks remove mine")).code, 2);
        QVERIFY(std::filesystem::exists(m_folder / "reviews.csv"));
    }

    void whatIsWrongIsSaid_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* line, int code, const char* says) {
            QTest::newRow(line) << QStringLiteral("tasks ") + QLatin1String(line) << code << QString::fromLatin1(says);
        };
        row("check bad.csv", 3, "line 3: has 3 columns");
        row("check nothing.csv", 2, "no such task");
        row("show reviews.csv --map text", 2, "FIELD=COLUMN");
        row("show reviews.csv --map txt=Notiz", 2, "columns.txt");
        row("show reviews.csv --map text=Notizen", 3, "did you mean");
        row("show reviews.csv --kind ranking", 2, "no such kind");
        row("show reviews.csv --kind tagging", 3, "no kind of task fits");
        row("add reviews.csv --id a/b", 2, "cannot be the name of a file");
        row("add reviews.csv --id .hidden", 2, "cannot be the name of a file");
        row("preview reviews.csv --rows 0", 2, "--rows");
    }
    void whatIsWrongIsSaid() {
        QFETCH(QString, line);
        QFETCH(int, code);
        QFETCH(QString, says);
        const Outcome outcome = cli(line);
        QVERIFY2(outcome.code == code, (std::to_string(outcome.code) + " " + outcome.error).c_str());
        const QString error = QString::fromStdString(outcome.error);
        QVERIFY2(error.contains(says, Qt::CaseInsensitive), outcome.error.c_str());
        QCOMPARE(outcome.error.find("terminate"), std::string::npos);
    }
};

DIAPASON_TEST(TestTaskCli)
#include "test_task_cli.moc"
