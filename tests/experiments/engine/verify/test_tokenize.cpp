// Golden cases of tokenizers: every kind of file, every id, offset and decoded text.

#include "experiments/engine/verify/verify.h"
#include "tests/support/test_support.h"
#include "tests/support/verified.h"

using namespace diapason;
using namespace diapason::testing;

class TestTokenize : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // The clone holds some cases of every kind; all of them run where they are at hand.
    void everyCasePasses_data() {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<int>("at_least");
        QTest::newRow("clone") << QString::fromStdString((fixtures() / "tokenize").string()) << 8000;
        if (const auto all = shared_material("fixtures/tokenize"))
            QTest::newRow("all") << QString::fromStdString(all->string()) << 20000;
    }
    void everyCasePasses() {
        QFETCH(QString, folder);
        QFETCH(int, at_least);
        const auto [result, failures] = verified(folder.toStdString());
        QVERIFY2(result.failed == 0, failures.c_str());
        QVERIFY2(result.passed > at_least, std::to_string(result.passed).c_str());
    }

    // One case that is right and then wrong in each of the aspects that are compared.
    void aWrongExpectationIsNoticed_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::addColumn<int>("failed");
        QTest::newRow("right") << ""
                               << "" << 0;
        QTest::newRow("ids") << "ids"
                             << "[1, 1, 3]" << 3; // and what these decode to
        QTest::newRow("type_ids") << "type_ids"
                                  << "[0, 0, 1]" << 1;
        QTest::newRow("decoded") << "decoded"
                                 << "\"a  b\"" << 1;
        QTest::newRow("decoded_with_special") << "decoded_with_special"
                                              << "\"a b\"" << 1;
        QTest::newRow("offsets") << "offsets"
                                 << "[[0, 1], [2, 4], [0, 0]]" << 1;
        QTest::newRow("ids_also") << "ids_also"
                                  << "[[7]]" << 0;
        QTest::newRow("no ids") << "ids"
                                << "null" << 1;
        QTest::newRow("unknown strategy") << "truncation"
                                          << R"({"max_length": 9, "strategy": "middle"})" << 1;
    }
    void aWrongExpectationIsNoticed() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        QFETCH(int, failed);
        TemporaryFolder folder;
        write_text(folder / "t/tokenizer.json", R"({
            "added_tokens": [{"id": 3, "content": "</s>", "special": true, "normalized": false}],
            "pre_tokenizer": {"type": "Whitespace"},
            "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "a": 1, "b": 2}},
            "post_processor": {"type": "TemplateProcessing",
                "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"</s>": {"id": "</s>", "ids": [3], "tokens": ["</s>"]}}}})");
        write_text(folder / "case/case.json",
                   R"({"kind": "tokenize", "tokenizer": "../t", "files": ["tokenizer.json"], "cases": "cases.jsonl"})");
        Json line = Json::parse(R"({"id": "x", "text": "a b", "ids": [1, 2, 3], "decoded": "a b",
                                    "decoded_with_special": "a b </s>", "offsets": [[0, 1], [2, 3], [0, 0]]})");
        if (!field.isEmpty()) line[field.toStdString()] = Json::parse(value.toStdString());
        write_text(folder / "case/cases.jsonl", line.dump() + "\n");
        std::string lines;
        const auto result =
            verify_cases(folder.path(), "", "cpu", [&](const std::string& text) { lines += text + "\n"; });
        QVERIFY2(result.failed == failed, lines.c_str());
        QVERIFY(result.passed + result.failed > 0);
    }

    void onlyTheListedFilesAreRead() {
        TemporaryFolder folder;
        write_text(folder / "t/tokenizer.json", "{broken");
        write_text(folder / "t/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n");
        write_text(folder / "case/case.json",
                   R"({"kind": "tokenize", "tokenizer": "../t", "files": ["vocab.txt"], "cases": "cases.jsonl"})");
        write_text(folder / "case/cases.jsonl",
                   R"({"id": "x", "text": "Hello", "ids": [2, 5, 3], "decoded": "hello"})");
        std::string lines;
        const auto result =
            verify_cases(folder.path(), "", "cpu", [&](const std::string& text) { lines += text + "\n"; });
        QVERIFY2(result.failed == 0 && result.passed == 3, lines.c_str());
    }
};

DIAPASON_TEST(TestTokenize)
#include "test_tokenize.moc"
