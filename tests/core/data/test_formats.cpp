// Formats that say themselves what is what, and how columns become fields.

#include "core/data/json_records.h"
#include "core/data/readers.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

using Words = std::vector<std::string>;

namespace {

Dataset read(const TemporaryFolder& folder, const std::string& reader, const std::string& text,
             const ColumnMap& columns = {}) {
    write_text(folder / "data", text);
    return read_dataset(reader, folder / "data", columns);
}

std::string fault(const std::string& reader, const std::string& text, const ColumnMap& columns = {}) {
    TemporaryFolder folder;
    return caught([&] { read(folder, reader, text, columns); }).message;
}

/// The lines of a document's records, or what is wrong with it.
std::string records(const std::string& text, const RecordPath& path) {
    TemporaryFolder folder;
    write_text(folder / "data", text);
    std::string lines;
    const Caught error = caught([&] {
        const bool found = for_each_record(folder / "data", path, [&](const JsonRecord& record) {
            lines += std::to_string(record.line) + ":" + record.value("x").dump() + " ";
        });
        if (!found) lines = "absent";
    });
    return error.thrown ? error.message : lines;
}

const char* const squad = R"({"version": "v2.0", "data": [
  {"title": "A", "paragraphs": [
    {"context": "Die Stadt Köln liegt am Rhein.", "qas": [
      {"id": "q1", "question": "Where?", "answers": [{"text": "am Rhein", "answer_start": 21}]},
      {"id": "q2", "question": "Who?", "is_impossible": true, "answers": [], "plausible_answers": [{"text": "x"}]}]}]},
  {"title": "B", "paragraphs": []}]})";

} // namespace

class TestFormats : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // --- Parts of a JSON document -----------------------------------------------------------------------------------

    void recordsAreFoundByTheirPath_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<RecordPath>("path");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const char* text, const RecordPath& path, const char* expected) {
            QTest::newRow(name) << QString(QLatin1String(text)) << path << QString(QLatin1String(expected));
        };
        row("entries", "[{\"a\":1},\n {\"a\":[2,{}]}]", {"*"}, "1:{\"a\":1} 2:{\"a\":[2,{}]} ");
        row("the document", "\n{\"a\":1}", {}, "2:{\"a\":1} ");
        row("below a key", "{\"x\":[0],\"data\":[1,2]}", {"data", "*"}, "1:1 1:2 ");
        row("words and texts", "[true,\"a]\\\"\",-1.5e3,null]", {"*"}, "1:true 1:\"a]\\\"\" 1:-1500.0 1:null ");
        row("values of an object", "{\"a\":{\"k\":1},\"b\":{\"k\":2}}", {"*", "k"}, "1:1 1:2 ");
        row("an empty list", "{\"data\":[]}", {"data", "*"}, "");
        row("another key", "{\"date\":[1]}", {"data", "*"}, "absent");
        row("a deeper key", "{\"x\":{\"data\":[1]}}", {"data", "*"}, "absent");
        row("only a number", "7", {}, "1:7 ");
    }
    void recordsAreFoundByTheirPath() {
        QFETCH(QString, text);
        QFETCH(RecordPath, path);
        QFETCH(QString, expected);
        QCOMPARE(records(text.toStdString(), path), expected.toStdString());
    }

    void brokenDocumentsSayTheLine_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const char* text, const char* says) {
            QTest::newRow(name) << QString(QLatin1String(text)) << QString(QLatin1String(says));
        };
        row("nothing", "", "contains no JSON");
        row("a word", "[1,\n x]", "is not valid JSON (line 2)");
        row("a comma too many", "[1,\n]", "is not valid JSON (line 2)");
        row("a missing comma", "[1\n 2]", "is not valid JSON (line 2)");
        row("the wrong bracket", "[1\n}", "is not valid JSON (line 2)");
        row("an open list", "[1,\n[2", "ends inside");
        row("an open text", "[\"a\n", "ends inside");
        row("more behind it", "[1]\n[2]", "goes on behind its end (line 2)");
        row("a broken record", "[{\"a\":1},\n{\"a\":01}]", "line 2");
        row("a key that is none", "{1:2}", "is not valid JSON (line 1)");
    }
    void brokenDocumentsSayTheLine() {
        QFETCH(QString, text);
        QFETCH(QString, says);
        const std::string message = records(text.toStdString(), {"*"});
        QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
        QVERIFY(records(std::string(100, '['), {"*"}).find("64 levels") != std::string::npos);
        QVERIFY(records(std::string("[\"a\0\"]", 6), {"*"}).find("NUL") != std::string::npos);
    }

    // --- SQuAD
    // --------------------------------------------------------------------------------------------------------

    void squadQuestions() {
        TemporaryFolder folder;
        const Dataset data = read(folder, "squad", squad);
        QCOMPARE(data.size(), std::size_t(2));
        QCOMPARE(data[0].id, std::string("q1"));
        QCOMPARE(data[0].pair, std::string("Where?"));
        QCOMPARE(data[0].line, std::size_t(3));
        QVERIFY((data[0].answers == std::vector<TextSpan>{{"am Rhein", 21}}));
        QVERIFY(data[1].answers.empty());
    }
    void squadFaults() {
        QVERIFY(fault("squad", R"({"data": {"a": 1}})").find("is not of the format squad") != std::string::npos);
        const auto changed = [](const std::string& from, const std::string& to) {
            std::string text = squad;
            text.replace(text.find(from), from.size(), to);
            return fault("squad", text);
        };
        const std::pair<std::string, std::string> cases[] = {
            {changed("\"id\": \"q2\"", "\"id\": 2"), "line 3: qas[1] has no \"id\""},
            {changed("\"id\": \"q2\"", "\"id\": \"q1\""), "line 3: has the id \"q1\" of line 3"},
            {changed("\"answer_start\": 21", "\"answer_start\": \"21\""), "line 3: qas[0] has an answer without"},
            {changed("\"context\"", "\"text\""), "line 3: has no \"context\""},
            {changed("\"question\": \"Who?\", ", ""), "line 3: qas[1] has no \"question\""}};
        for (const auto& [message, says] : cases)
            QVERIFY2(message.find(says) != std::string::npos, message.c_str());
    }

    // --- CoNLL
    // --------------------------------------------------------------------------------------------------------

    void conllSentences() {
        TemporaryFolder folder;
        const Dataset data = read(
            folder, "conll", "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\nPeter NNP B-NP B-PER");
        QCOMPARE(data.size(), std::size_t(2));
        QCOMPARE(data[0].words, (Words{"EU", "rejects"}));
        QCOMPARE(data[0].tags, (Words{"B-ORG", "O"}));
        QCOMPARE(data[0].text, std::string("EU rejects"));
        QCOMPARE(data[0].line, std::size_t(3));
        QCOMPARE(data[1].words, (Words{"Peter"}));
        const Dataset tabs = read(folder, "conll", "New York\tNNP\tB-LOC\r\nis\tVBZ\tO\r\n");
        QCOMPARE(tabs[0].words, (Words{"New York", "is"}));
        const Dataset roles = read(folder, "conll", "1 He gave it ||| B-A0 B-V B-A1\n");
        QCOMPARE(roles[0].words, (Words{"1", "He", "gave", "it"}));
        QCOMPARE(roles[0].tags, (Words{"O", "B-A0", "B-V", "B-A1"}));
    }
    void conllFaults() {
        const std::pair<std::string, std::string> cases[] = {
            {fault("conll", "a B\nword\n"), "line 2: has a word without a tag"},
            {fault("conll", "a x B\nb B\n"), "line 2: has 2 columns where the first line has 3"},
            {fault("conll", "0 a b ||| O\n"), "line 1: has 2 words behind the verb's number and 1 tags"},
            {fault("conll", "0 a ||| O\nno bars\n"), "line 2: has no \"|||\""},
            {fault("conll", "\n\n"), "contains no rows"}};
        for (const auto& [message, says] : cases)
            QVERIFY2(message.find(says) != std::string::npos, message.c_str());
    }

    // --- Triples and lists of objects

    void triplesAndTheirTexts() {
        TemporaryFolder folder;
        const Dataset dart = read(folder, "dart", R"([{"tripleset": [["A b", "JOINED", "1973"], ["A b", "Type", "c"]],
            "annotations": [{"source": "s", "text": "one"}, {"text": "two"}]}])");
        QCOMPARE(dart[0].text, std::string("A b : joined : 1973 | A b : type : c"));
        QCOMPARE(dart[0].target, std::string("one"));
        QCOMPARE(dart[0].references, (Words{"two"}));
        const Dataset webnlg = read(folder, "webnlg", R"({"entries": [{"1": {"category": "Airport", "modifiedtripleset":
            [{"subject": "Aarhus", "property": "leaderName", "object": "Jacob_B"}],
            "lexicalisations": [{"lex": "The leader."}]}}]})");
        QCOMPARE(webnlg[0].text, std::string("Aarhus : leaderName : Jacob_B"));
        QCOMPARE(webnlg[0].group, std::string("Airport"));
    }
    void tripleFaults() {
        const std::pair<std::string, std::string> cases[] = {
            {fault("dart", "[{\"tripleset\": [[\"a\", \"b\"]], \"annotations\": []}]"),
             "line 1: has a triple that is not"},
            {fault("dart", "[\n{\"tripleset\": [[\"a\", \"b\", \"c\"]]}]"), "line 2: has no \"annotations\""},
            {fault("dart", "[{\"tripleset\": [[\"a\", \"b\", \"c\"]], \"annotations\": []}]"), "has no text in"},
            {fault("dart", "{}"), "line 1: has no \"tripleset\""},
            {fault("dart", "5"), "line 1: is not a JSON object"},
            {fault("webnlg", "{\"entries\": [\n{\"1\": {}}]}"), "line 2: has no \"modifiedtripleset\""},
            {fault("webnlg", "{\"entries\": [{\"1\": {\"modifiedtripleset\": [{}]}}]}"), "line 1: has no \"subject\""},
            {fault("webnlg", "[]"), "is not of the format webnlg"}};
        for (const auto& [message, says] : cases)
            QVERIFY2(message.find(says) != std::string::npos, message.c_str());
    }
    void listsOfObjects() {
        TemporaryFolder folder;
        const ColumnMap columns = {{"text", "translation.en"}, {"target", "translation.ro"}};
        const std::string rows = "[{\"translation\": {\"en\": \"a\", \"ro\": \"b\"}},\n{\"translation.en\": \"c\", "
                                 "\"translation\": {\"ro\": \"d\"}}]";
        const Dataset list = read(folder, "json", rows, columns);
        QCOMPARE(list.size(), std::size_t(2));
        QCOMPARE(list[1].text + list[1].target, std::string("cd"));
        QCOMPARE(list[1].line, std::size_t(2));
        QCOMPARE(read(folder, "json", "{\"version\": 1, \"data\": " + rows + "}", columns).size(), std::size_t(2));
        const std::pair<std::string, std::string> cases[] = {
            {fault("json", "[{\"t\": 1},\n5]", {{"text", "t"}}), "line 2: is not a JSON object"},
            {fault("json", "[{\"t\": \"a\"},\n{\"u\": 1}]", {{"text", "t"}}), "line 2: has no \"t\""},
            {fault("json", "[{\"t\": \"a\"},\n{\"t\": 1,}]", {{"text", "t"}}), "line 2"},
            {fault("json", "{\"rows\": []}", {{"text", "t"}}), "is neither a list nor"}};
        for (const auto& [message, says] : cases)
            QVERIFY2(message.find(says) != std::string::npos, message.c_str());
    }

    // --- Fields out of columns
    // ----------------------------------------------------------------------------------------

    void listsFromJson() {
        TemporaryFolder folder;
        const ColumnMap columns = {{"text", "t"}, {"labels", "l"}, {"options", {"A", "B"}}, {"number", "n"}};
        const Dataset data = read(folder, "jsonl",
                                  R"({"t": "x", "l": ["a", 3], "A": "yes", "B": "no", "n": -1.5})"
                                  "\n"
                                  R"({"t": "y", "l": "a|b", "A": "1", "B": 2, "n": "4"})",
                                  columns);
        QCOMPARE(data[0].labels, (Words{"a", "3"}));
        QCOMPARE(data[0].options, (Words{"yes", "no"}));
        QCOMPARE(data[0].number, -1.5);
        QCOMPARE(data[1].labels, (Words{"a", "b"}));
        QCOMPARE(data[1].options, (Words{"1", "2"}));
        QCOMPARE(data[1].number, 4.0);
    }
    void listsFromCells() {
        TemporaryFolder folder;
        const Dataset data =
            read(folder, "tsv", "text\ttoxic\trude\twords\ttags\tanswers\nx\t1\t0\ta b\tO B-X\t[\"a\", \"b\"]\n",
                 {{"text", "text"},
                  {"labels", {"toxic", "rude"}},
                  {"words", "words"},
                  {"tags", "tags"},
                  {"answers", "answers"}});
        QCOMPARE(data[0].labels, (Words{"toxic"}));
        QCOMPARE(data[0].words, (Words{"a", "b"}));
        QCOMPARE(data[0].tags, (Words{"O", "B-X"}));
        QVERIFY((data[0].answers == std::vector<TextSpan>{{"a", -1}, {"b", -1}}));
        const Dataset listed =
            read(folder, "csv", "text,label\nx,a | b|\ny,\n", {{"text", "text"}, {"labels", "label"}});
        QCOMPARE(listed[0].labels, (Words{"a", "b"}));
        QVERIFY(listed[1].labels.empty());
    }
    void fieldFaults() {
        const std::pair<std::string, std::string> cases[] = {
            {fault("csv", "text,n\na,1\nb,two\n", {{"text", "text"}, {"number", "n"}}),
             "line 3: \"n\" is not a number: \"two\""},
            {fault("csv", "text,n\na,inf\n", {{"text", "text"}, {"number", "n"}}), "is not a number"},
            {fault("csv", "text,n\na,\"1,5\"\n", {{"text", "text"}, {"number", "n"}}), "is not a number: \"1,5\""},
            {fault("jsonl", R"({"t": "x", "l": [1, []]})", {{"text", "t"}, {"labels", "l"}}),
             "line 1: \"l\" has an entry 2 that is not a string"},
            {fault("jsonl", R"({"t": "x", "l": 5})", {{"text", "t"}, {"labels", "l"}}), "\"l\" is not a list"},
            {fault("jsonl", R"({"t": "x", "a": {"start": 5}})", {{"text", "t"}, {"answers", "a"}}),
             "contains no answer"},
            {fault("jsonl", R"({"t": ["x"]})", {{"text", "t"}}), "\"t\" is not a string"}};
        for (const auto& [message, says] : cases)
            QVERIFY2(message.find(says) != std::string::npos, message.c_str());
    }
};

DIAPASON_TEST(TestFormats)
#include "test_formats.moc"
