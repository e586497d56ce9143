// Formats that published data sets have: what their records become, that they are recognised, and that what is wrong
// with one is told with its line. The samples are written by hand after each format's own documentation.

#include "core/data/task_guess.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

using Words = std::vector<std::string>;

namespace {

// What an example says, field by field.
std::string shown(const Example& example) {
    std::string text = example.id + "; " + example.text;
    if (!example.pair.empty()) text += "; pair " + example.pair;
    if (!example.label.empty()) text += "; label " + example.label;
    if (!example.target.empty()) text += "; target " + example.target;
    for (const std::string& reference : example.references)
        text += "; or " + reference;
    for (const TextSpan& answer : example.answers)
        text += "; answer " + answer.text + " at " + std::to_string(answer.begin);
    if (!example.group.empty()) text += "; of " + example.group;
    for (const ChatTurn& turn : example.turns)
        text += "; " + turn.role + " says " + turn.content;
    return text;
}

const char* const multirc =
    R"({"idx": 7, "passage": {"text": "It rained.", "questions": [{"question": "What fell?", "idx": 3, "answers": [)"
    R"({"text": "rain", "idx": 0, "label": 1}, {"text": "snow", "idx": 1, "label": 0}]}]}})";
const char* const record = R"({"idx": 4, "passage": {"text": "Ä met B.", "entities": [{"start": 0, "end": 0}]}, )"
                           R"("qas": [{"idx": 9, "query": "@placeholder met B", "answers": )"
                           R"([{"start": 0, "end": 0, "text": "Ä"}]}]})";
const char* const wsc = R"({"text": "Ann told him, so he left.", "target": {"span1_index": 0, "span1_text": "Ann", )"
                        R"("span2_index": 2, "span2_text": "him"}, "idx": 5, "label": false})";
const char* const wic = R"({"word": "bank", "sentence1": "À bank.", "sentence2": "The bank", "idx": 6, "label": true, )"
                        R"("start1": 2, "end1": 6, "start2": 4, "end2": 8})";
const char* const mrqa =
    "{\"header\": {\"dataset\": \"X\"}}\n"
    R"({"context": "a b a", "context_tokens": [], "qas": [{"qid": "q", "question": "Which?", "detected_answers": )"
    R"([{"text": "a", "char_spans": [[0, 0], [4, 4]]}]}]})";
const char* const totto =
    R"({"table": [[{"value": "Year", "is_header": true, "column_span": 1}, {"value": "Won", "is_header": true, )"
    R"("column_span": 2}], [{"value": "1999", "is_header": true, "column_span": 1}, {"value": "x", "is_header": false, )"
    R"("column_span": 1}, {"value": "y", "is_header": false, "column_span": 1}]], "highlighted_cells": [[1, 2]], )"
    R"("table_page_title": "P", "table_section_title": "", "example_id": -123456789012345678, "overlap_subset": true, )"
    R"("sentence_annotations": [{"final_sentence": "Y won."}, {"final_sentence": "It was y."}]})";
const char* const logic = R"([{"topic": "cups", "logic_str": "eq { a ; b }", "sent": "a is b."}])";
const char* const mtop = "1\tIN:X\t\tcall Ann\tcalling\ten_XX\t[IN:CREATE_CALL [SL:CONTACT Ann ] ]\t{\"tokens\": []}\n";
const char* const alpaca = R"([{"instruction": "Add.", "input": "1 and 2", "output": "3"},)"
                           "\n"
                           R"({"instruction": "Greet.", "input": "", "output": "Hi"}])";
const char* const messages =
    R"({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", )"
    R"("text": "Hi"}]}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Bye"}, )"
    R"({"role": "assistant", "content": "So long"}]})";
const char* const sharegpt = R"([{"id": "c1", "conversations": [{"from": "human", "value": "Hi"}, )"
                             R"({"from": "gpt", "value": "Hello"}]}])";
const char* const webnlg_xml =
    "<?xml version=\"1.0\"?>\n<benchmark><entries>\n<entry category=\"Food\" eid=\"Id1\" size=\"1\">\n"
    "<originaltripleset><otriple>x | y | z</otriple></originaltripleset>\n"
    "<modifiedtripleset><mtriple>Tarte &amp; co | madeOf | \xc3\x84pfel</mtriple></modifiedtripleset>\n"
    "<lex comment=\"good\" lid=\"Id1\">Made of\n apples.</lex><lex>Apples.</lex></entry></entries></benchmark>";
const char* const fact = R"({"uuid": "u1", "predicate_id": "P19", "sub_label": "[Y] Ann", "obj_label": "Rome"})";
const char* const relations = R"({"relation": "P19", "template": "[X] was born in [Y] .", "label": "born"})";
const char* const spider = R"([{"db_id": "zoo", "question": "How  many?", "query": "SELECT count(*) , Name FROM )"
                           R"(\"Animal\" WHERE name =  'Bo B'"}])";
const char* const tables = R"([{"db_id": "zoo", "table_names_original": ["Animal", "Keeper"], )"
                           R"("column_names_original": [[-1, "*"], [0, "Id"], [0, "Name"], [1, "Id"]]}])";

struct Format {
    const char* reader;
    const char* text;
    Words examples;
    std::map<std::string, std::string> beside = {}; ///< other files
    const char* file = "data";
};

const std::vector<Format>& formats() {
    static const std::vector<Format> all = {
        {"multirc",
         multirc,
         {"7.3.0; It rained.; pair What fell? rain; label 1; of 7.3",
          "7.3.1; It rained.; pair What fell? snow; label 0; of 7.3"}},
        {"record", record, {"4.9; Ä met B.; pair @placeholder met B; answer Ä at 0"}},
        {"wsc", wsc, {"5; Ann told *him*, so he left.; pair Ann; label false"}},
        {"wic", wic, {"6; À *bank*.; pair The *bank*; label true"}},
        {"mrqa", mrqa, {"q; a b a; pair Which?; answer a at 0; answer a at 4"}},
        {"totto",
         totto,
         {"-123456789012345678; <page_title> P </page_title> <table> <cell> y <col_header> Won </col_header> "
          "<row_header> "
          "1999 </row_header> </cell> </table>; target Y won.; or It was y.; of overlap"}},
        {"logic2text", logic, {"1; eq { a ; b }; pair cups; target a is b."}},
        {"mtop", mtop, {"1; call Ann; target [IN:CREATE_CALL [SL:CONTACT Ann ] ]; of calling"}},
        {"alpaca", alpaca, {"1; Add.\n\n1 and 2; target 3", "2; Greet.; target Hi"}},
        {"messages",
         messages,
         {"1; System: Be brief.\n\nUser: Hi; target Hello; system says Be brief.; user says Hi",
          "1.2; System: Be brief.\n\nUser: Hi\n\nAssistant: Hello\n\nUser: Bye; target So long; system says Be brief.; "
          "user says Hi; assistant says Hello; user says Bye"}},
        {"sharegpt", sharegpt, {"c1; Hi; target Hello; user says Hi"}},
        {"triples_xml", webnlg_xml, {"3; Tarte & co : madeOf : Äpfel; target Made of apples.; or Apples.; of Food"}},
        {"lama", fact, {"u1; [Y] Ann was born in [MASK] .; target Rome; of P19"}, {{"relations.jsonl", relations}}},
        {"spider",
         spider,
         {"1; How many? | zoo | animal : id , name | keeper : id; target zoo | select count(*), name from \"Animal\" "
          "where name = 'Bo B'; of zoo"},
         {{"tables.json", tables}}},
        {"parallel", "a\nb\n", {"1; a; target x", "2; b; target y"}, {{"data.ro", "x\ny\n"}}, "data.en"},
    };
    return all;
}

Dataset read(const TemporaryFolder& folder, const Format& format, const std::string& text) {
    for (const auto& [name, content] : format.beside)
        write_text(folder / name, content);
    write_text(folder / format.file, text);
    return read_dataset(format.reader, folder / format.file, {});
}

const Format& format_of(const std::string& reader) {
    for (const Format& format : formats())
        if (reader == format.reader) return format;
    throw std::logic_error(reader);
}

} // namespace

class TestPublishedFormats : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void examples_data() {
        QTest::addColumn<int>("format");
        for (int i = 0; i < int(formats().size()); ++i)
            QTest::newRow(formats()[std::size_t(i)].reader) << i;
    }
    void examples() {
        QFETCH(int, format);
        const Format& of = formats()[std::size_t(format)];
        TemporaryFolder folder;
        Words found;
        for (const Example& example : read(folder, of, of.text))
            found.push_back(shown(example));
        for (std::size_t i = 0; i < found.size(); ++i)
            QCOMPARE(QString::fromStdString(found[i]),
                     QString::fromStdString(i < of.examples.size() ? of.examples[i] : ""));
        QCOMPARE(found.size(), of.examples.size());
        // A file is known by itself, and by no other format before it.
        FileBeginning beginning{folder / of.file, of.text, true};
        for (const DataReader* reader : data_readers()) {
            if (reader->recognised(beginning).empty()) continue;
            QCOMPARE(reader->name(), of.reader);
            break;
        }
        QVERIFY(!find_reader(of.reader)->recognised(beginning).empty());
        for (const std::string& metric : find_reader(of.reader)->metrics())
            QVERIFY2(find_metric(metric) != nullptr &&
                         find_metric(metric)->compares() == find_task_kind(find_reader(of.reader)->kind())->outcomes(),
                     metric.c_str());
    }

    // What is longer than the part that is looked at is known by its keys.
    void aLongRecordIsRecognised() {
        const std::string text = totto;
        const FileBeginning cut{"data", text.substr(0, text.size() - 20), false};
        QVERIFY(!find_reader("totto")->recognised(cut).empty());
        QVERIFY(find_reader("record")->recognised(cut).empty());
    }

    // Records lie in a list or in lines, as people keep them.
    void listsAndLines() {
        TemporaryFolder folder;
        const std::string line = R"({"instruction": "a", "output": "b"})";
        write_text(folder / "lines", line + "\n\n" + line + "\n");
        write_text(folder / "list", "[" + line + "," + line + "]");
        for (const char* file : {"lines", "list"}) {
            QCOMPARE(read_dataset("alpaca", folder / file, {}).size(), std::size_t(2));
            QCOMPARE(QString::fromStdString(guess_task(folder / file).task.reader), QStringLiteral("alpaca"));
        }
        // Rows of one line have ids of their own.
        QCOMPARE(read_dataset("alpaca", folder / "list", {})[1].id, std::string("1.2"));
    }

    void faults_data() {
        QTest::addColumn<QString>("reader");
        QTest::addColumn<QString>("from"); ///< of the format's sample, which is replaced
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* reader, const char* from, const char* to, const char* says) {
            QTest::addRow("%s: %s", reader, says) << QString(QLatin1String(reader)) << QString::fromUtf8(from)
                                                  << QString::fromUtf8(to) << QString::fromUtf8(says);
        };
        row("multirc", "\"label\": 1", "\"lable\": 1", "line 1: answers[0] has no \"label\"");
        row("multirc", "\"question\": \"What fell?\", ", "", "line 1: answers[0] has no \"question\"");
        row("multirc", "\"idx\": 3", "\"idx\": []", "line 1: passage.questions[0] has no \"idx\"");
        row("record", "\"start\": 0, \"end\": 0, \"text\"", "\"start\": -1, \"text\"",
            "line 1: qas[0] has no \"start\"");
        row("record", "@placeholder", "someone", "line 1: qas[0] has a query without \"@placeholder\"");
        row("record", "\"answers\": [{\"start\": 0, \"end\": 0, \"text\": \"Ä\"}]", "\"answers\": []",
            "line 1: qas[0] has no right answer");
        row("wsc", "\"span2_text\": \"him\"", "\"span2_text\": \"her\"", "line 1: has no \"her\" at word 2");
        row("wsc", "\"span2_index\": 2", "\"span2_index\": 30", "line 1: has no \"him\" at word 30");
        row("wsc", "\"span1_text\": \"Ann\"", "\"span1_text\": 5", "line 1: has no \"target.span1_text\"");
        row("wic", "\"end1\": 6", "\"end1\": 60", "line 1: has a part from 2 to 60 of a text of 7 characters");
        row("wic", "\"start2\": 4", "\"start2\": 8", "line 1: has a part from 8 to 8");
        row("wic", "\"label\": true", "\"label\": null", "line 1: has no \"label\"");
        row("mrqa", "[4, 4]", "4", "line 2: qas[0] has an entry of \"char_spans\"");
        row("mrqa", "\"qid\": \"q\", ", "", "line 2: qas[0] has no \"qid\"");
        row("mrqa", "[[0, 0], [4, 4]]", "[]", "line 2: qas[0] has no answer");
        row("totto", "[1, 2]", "[1, 3]", "line 1: has an entry [1,3] of \"highlighted_cells\"");
        row("totto", "\"column_span\": 2", "\"column_span\": \"2\"", "line 1: has no \"column_span\"");
        row("totto", "sentence_annotations", "sentences", "line 1: has no \"sentence_annotations\"");
        row("logic2text", "logic_str", "logic", "line 1: has no \"logic_str\"");
        row("logic2text", "\"a is b.\"", "[]", "line 1: has no \"sent\"");
        row("logic2text", "\"cups\"", "3", "line 1: has no \"topic\"");
        row("mtop", "\tcalling", "", "line 1: has 7 fields between tabs");
        row("mtop", "[IN:CREATE", "(IN:CREATE", "line 1: has no tree");
        row("mtop", "call Ann\t", " \t", "line 1: has no text");
        row("alpaca", "\"output\": \"Hi\"", "\"output\": null", "line 2: has no \"output\"");
        row("alpaca", "\"instruction\": \"Add.\"", "\"instruction\": {}", "line 1: has no \"instruction\"");
        row("alpaca", "\"1 and 2\"", "12", "line 1: has no \"input\"");
        row("messages", "\"role\": \"user\"", "\"role\": \"usr\"",
            "line 1: messages[1] has no role that is known: \"usr\"");
        row("messages", "\"type\": \"text\"", "\"type\": \"image_url\"", "messages[1] has a part that is not text");
        row("messages", "\"content\": \"Hello\"", "\"content\": 7", "messages[2] has no \"content\"");
        row("sharegpt", "human", "robot", "line 1: conversations[0] has no \"from\" that is known: \"robot\"");
        row("sharegpt", "\"from\": \"human\"", "\"from\": \"gpt\"", "line 1: begins with the assistant's turn");
        row("sharegpt", "\"gpt\"", "\"human\"", "line 1: has no turn of the assistant");
        row("triples_xml", "Tarte &amp; co | madeOf |", "Tarte | madeOf", "line 3: has a triple that is not");
        row("triples_xml", "</modifiedtripleset>", "</modified>", "is not valid XML");
        row("triples_xml", "<mtriple>Tarte &amp; co | madeOf | \xc3\x84pfel</mtriple>", "", "line 3: has no triples");
        row("triples_xml", "benchmark", "bench", "is not valid XML: mismatched tag (line 7)");
        row("triples_xml", "<benchmark>", "<!DOCTYPE b [<!ENTITY a \"b\">]><benchmark>", "defines the entity \"a\"");
        row("lama", "P19", "P20", "line 1: has the relation \"P20\", which");
        row("lama", "\"obj_label\": \"Rome\"", "\"obj_label\": 1", "line 1: has no \"obj_label\"");
        row("lama", "\"sub_label\"", "\"sub\"", "line 1: has no \"sub_label\"");
        row("spider", "\"zoo\"", "\"zo\"", "line 1: has the database \"zo\", which is not in");
        row("spider", "\"question\"", "\"ask\"", "line 1: has no \"question\"");
        row("spider", "\"query\": \"", "\"query\": \"\\u00zz", "line 1");
        row("parallel", "a\nb\n", "a\nb\nc\n", "line 3: has no line in");
        row("parallel", "a\nb\n", "a\n", "has 2 lines, and");
        row("parallel", "a\nb\n", "a\n\n", "line 2: has no text");
    }
    void faults() {
        QFETCH(QString, reader);
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, says);
        const Format& format = format_of(reader.toStdString());
        std::string text = format.text;
        const auto at = text.find(from.toStdString());
        QVERIFY(at != std::string::npos);
        text.replace(at, from.toStdString().size(), to.toStdString());
        TemporaryFolder folder;
        const Caught error = caught([&] { read(folder, format, text); });
        QVERIFY2(error.thrown && error.kind == ErrorKind::input && error.says(says.toStdString()),
                 error.message.c_str());
        QVERIFY2(error.says("data"), error.message.c_str());
    }

    // Files that belong to others are missed by name.
    void whatMustLieBeside() {
        TemporaryFolder folder;
        write_text(folder / "data.jsonl", fact);
        const Caught lama = caught([&] { read_dataset("lama", folder / "data.jsonl", {}); });
        QVERIFY2(lama.says("relations.jsonl") && lama.says("option template"), lama.message.c_str());
        std::vector<Problem> problems;
        const OptionValues options = OptionValues::from_json(find_reader("lama")->options(),
                                                             {{"template", "[Y] is where [X] was born"}}, {}, problems);
        const ReadRequest request{folder / "data.jsonl", {}, options};
        QCOMPARE(read_dataset("lama", request)[0].text, std::string("[MASK] is where [Y] Ann was born"));
        write_text(folder / "spider.json", spider);
        const Caught without = caught([&] { read_dataset("spider", folder / "spider.json", {}); });
        QVERIFY2(without.says("tables.json"), without.message.c_str());
        write_text(folder / "tables.json", R"([{"db_id": "zoo", "table_names_original": ["A"], )"
                                           R"("column_names_original": [[1, "x"]]}])");
        const Caught wrong = caught([&] { read_dataset("spider", folder / "spider.json", {}); });
        QVERIFY2(wrong.says("tables.json") && wrong.says("line 1: has a column of table 1 of 1"),
                 wrong.message.c_str());
        write_text(folder / "a.en", "x\n");
        QVERIFY(caught([&] { read_dataset("parallel", folder / "a.en", {}); }).says("option target"));
    }

    void hugeElementsAreRefused() {
        TemporaryFolder folder;
        write_text(folder / "a.xml", "<benchmark><entries><entry><lex>" + std::string(17u << 20, 'x') +
                                         "</lex></entry></entries></benchmark>");
        QVERIFY(caught([&] { read_dataset("triples_xml", folder / "a.xml", {}); }).says("longer than 16 MiB"));
        std::string deep;
        for (int i = 0; i < 100; ++i)
            deep += "<a>";
        write_text(folder / "b.xml", "<benchmark>" + deep);
        QVERIFY(caught([&] { read_dataset("triples_xml", folder / "b.xml", {}); }).says("64 levels"));
    }

    // The files that people have.
    void realFiles_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("reader");
        QTest::addColumn<int>("rows");
        QTest::newRow("WSC val") << "WSC/val.jsonl"
                                 << "wsc" << 104;
        QTest::newRow("WiC") << "WiC/train.jsonl"
                             << "wic" << 32;
        QTest::newRow("WiC val") << "WiC/val.jsonl"
                                 << "wic" << 638;
        QTest::newRow("MultiRC val") << "MultiRC/val.jsonl"
                                     << "multirc" << 4848;
        QTest::newRow("ReCoRD") << "ReCoRD/train.jsonl"
                                << "record" << -1;
    }
    void realFiles() {
        QFETCH(QString, file);
        QFETCH(QString, reader);
        QFETCH(int, rows);
        DIAPASON_NEEDS(material, "data");
        const auto path = *material / "FewGLUE_32dev" / file.toStdString();
        const GuessedTask guess = guess_task(path);
        QCOMPARE(QString::fromStdString(guess.task.reader), reader);
        const Dataset data = load_split(guess.task, "train"); // answers stand where they are said to
        QVERIFY(!data.empty());
        if (rows > 0) QCOMPARE(int(read_dataset(guess.task.reader, path, {}).size()), rows);
    }
};

DIAPASON_TEST(TestPublishedFormats)
#include "test_published_formats.moc"
