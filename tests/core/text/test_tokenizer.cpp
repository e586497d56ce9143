// Loading tokenizers and using them from threads; bytes that are no text; files that are no tokenizers.

#include "core/text/tokenizer.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"
#include "tests/support/test_support.h"

#include <QByteArray>

#include <thread>

using namespace diapason;
using namespace diapason::testing;

namespace {

StageJson with_added(int count) {
    StageJson document = StageJson::parse(R"({"model": {"type": "WordLevel", "vocab": {"a": 0}}})");
    for (int i = 0; i < count; ++i)
        document["added_tokens"].push_back({{"content", "<" + std::to_string(i) + ">"}});
    return document;
}

StageJson with_pattern(std::size_t length) {
    StageJson document = StageJson::parse(R"({"model": {"type": "WordLevel", "vocab": {"a": 0}},
                                              "normalizer": {"type": "Replace", "content": ""}})");
    document["normalizer"]["pattern"]["Regex"] = std::string(length, 'a');
    return document;
}

} // namespace

class TestTokenizer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void malformedBytesBecomeReplacementCharacters_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("replacements");
        // Unicode 15, table 3-8: maximal subparts.
        QTest::newRow("lone continuation") << QByteArray("a\x80z") << 1;
        QTest::newRow("overlong") << QByteArray("\xC0\xAF") << 2;
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << 3;
        QTest::newRow("cut off") << QByteArray("\xF0\x9F\x98") << 1;
        QTest::newRow("beyond the last") << QByteArray("\xF4\x90\x80\x80") << 4;
        QTest::newRow("mixed") << QByteArray("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") << 6;
    }
    void malformedBytesBecomeReplacementCharacters() {
        QFETCH(QByteArray, bytes);
        QFETCH(int, replacements);
        const std::u32string text = decode_utf8(bytes.toStdString());
        QCOMPARE(int(std::count(text.begin(), text.end(), U'\uFFFD')), replacements);
    }

    void utf8RoundTrip() {
        std::u32string all;
        for (char32_t c = 0; c < 0x110000; c += 37)
            if (c < 0xD800 || c > 0xDFFF) all.push_back(c);
        QVERIFY(decode_utf8(encode_utf8(all)) == all);
    }

    void embeddedTokenizersKeepOrdinaryText_data() {
        QTest::addColumn<QString>("backbone");
        QTest::addColumn<QString>("expected");
        QTest::newRow("encoder") << "encoder-mini"
                                 << "a tool for reading and writing files over the network.";
        QTest::newRow("decoder") << "decoder-mini"
                                 << "A tool for reading and writing files over the network.";
    }
    void embeddedTokenizersKeepOrdinaryText() {
        QFETCH(QString, backbone);
        QFETCH(QString, expected);
        const auto tokenizer = Tokenizer::load(embedded_backbone(backbone.toStdString()));
        const Encoding encoding = tokenizer->encode("A tool for reading and writing files over the network.");
        QVERIFY(encoding.ids.size() < 20);
        QCOMPARE(QString::fromStdString(tokenizer->decode(encoding.ids)).trimmed(), expected);
        QVERIFY(tokenizer->size() <= 8192);
    }

    void sharedAcrossThreads() {
        const auto tokenizer = Tokenizer::load(embedded_backbone("encoder-mini"));
        const auto alone = tokenizer->encode("Simultaneous tokenisation of one text").ids;
        std::vector<std::thread> threads;
        std::atomic<int> different{0};
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i)
                    if (tokenizer->encode("Simultaneous tokenisation of one text").ids != alone) ++different;
            });
        for (auto& thread : threads)
            thread.join();
        QCOMPARE(different.load(), 0);
    }

    void truncationKeepsSpecialTokens() {
        const auto tokenizer = Tokenizer::load(embedded_backbone("encoder-mini"));
        const std::string text = "one two three four five six seven eight nine ten";
        const Encoding full = tokenizer->encode(text), cut = tokenizer->encode(text, {.max_length = 6});
        QCOMPARE(cut.ids.size(), std::size_t(6));
        QCOMPARE(cut.ids.front(), full.ids.front());
        QCOMPARE(cut.ids.back(), full.ids.back());
    }

    void badFilesAreNamed_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("field"); // that the message names
        const auto row = [](const char* name, const char* text, const char* field) {
            QTest::newRow(name) << QByteArray(text) << QByteArray(field);
        };
        const auto stage = [&](const char* name, const char* stage_name, const char* object, const char* field) {
            const std::string text = std::string("{'model': {'type': 'WordLevel', 'vocab': {'a': 0}}, '") + stage_name +
                                     "': " + object + "}";
            row(name, text.c_str(), field);
        };
        row("not JSON", "{", "not valid JSON");
        row("no object", "[1]", "object");
        row("no model", "{'version': '1.0'}", "model");
        row("unknown model", "{'model': {'type': 'Magic', 'vocab': {}}}", "model.type = Magic");
        row("vocabulary is no object", "{'model': {'type': 'WordPiece', 'vocab': 3}}", "model.vocab");
        row("negative id", "{'model': {'type': 'WordLevel', 'vocab': {'x': -1}}}", "model.vocab.x");
        row("huge id", "{'model': {'type': 'WordLevel', 'vocab': {'x': 900000000000}}}", "model.vocab.x");
        row("an id twice", "{'model': {'type': 'WordLevel', 'vocab': {'x': 1, 'y': 1}}}", "model.vocab.y");
        row("no unknown token", "{'model': {'type': 'WordPiece', 'vocab': {'x': 1}}}", "model.unk_token");
        row("merge of unknown pieces", "{'model': {'type': 'BPE', 'vocab': {'a': 0}, 'merges': ['a b']}}",
            "model.merges[0]");
        row("merge is a number", "{'model': {'type': 'BPE', 'vocab': {'a': 0}, 'merges': [5]}}", "model.merges[0]");
        row("dropout", "{'model': {'type': 'BPE', 'vocab': {'a': 0}, 'merges': [], 'dropout': 0.1}}", "model.dropout");
        row("Unigram without scores", "{'model': {'type': 'Unigram', 'vocab': [['a']]}}", "model.vocab[0]");
        row("unk_id beyond", "{'model': {'type': 'Unigram', 'unk_id': 1, 'vocab': [['a', 0.0]]}}", "model.unk_id");
        row("unk_id that no integer holds", "{'model': {'type': 'Unigram', 'unk_id': 9e47, 'vocab': [['a', 0.0]]}}",
            "model.unk_id");
        row("nested too deep", (std::string(100, '[') + std::string(100, ']')).c_str(), "64 levels");
        stage("normalizer", "normalizer", "{'type': 'Magic'}", "normalizer.type = Magic");
        stage("in a sequence", "normalizer",
              "{'type': 'Sequence', 'normalizers': [{'type': 'NFC'}, {'type': 'Magic'}]}",
              "normalizer.normalizers[1].type = Magic");
        stage("pre-tokenizer", "pre_tokenizer", "{'type': 'Magic'}", "pre_tokenizer.type = Magic");
        stage("post-processor", "post_processor", "{'type': 'Magic'}", "post_processor.type = Magic");
        stage("decoder", "decoder", "{'type': 'Magic'}", "decoder.type = Magic");
        stage("no type", "decoder", "{}", "decoder.type");
        stage("wrong type of a field", "normalizer", "{'type': 'BertNormalizer', 'lowercase': 'yes'}",
              "normalizer.lowercase");
        stage("length 0", "pre_tokenizer", "{'type': 'FixedLength', 'length': 0}", "pre_tokenizer.length = 0");
        stage("behaviour", "pre_tokenizer", "{'type': 'Punctuation', 'behavior': 'Magic'}", "pre_tokenizer.behavior");
        stage("expression", "pre_tokenizer", "{'type': 'Split', 'pattern': {'Regex': '(a'}, 'behavior': 'Removed'}",
              "pre_tokenizer.pattern.Regex = (a");
        stage("character map", "normalizer", "{'type': 'Precompiled', 'precompiled_charsmap': '////fwAA'}",
              "normalizer.precompiled_charsmap");
        stage("token of a template", "post_processor",
              "{'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'S'}}, {'Sequence': {'id': 'A'}}], "
              "'pair': [], 'special_tokens': {}}",
              "post_processor.special_tokens");
        stage("template without its text", "post_processor",
              "{'type': 'TemplateProcessing', 'single': [], 'pair': [], 'special_tokens': {}}",
              "post_processor.single");
        stage("id beyond the vocabulary", "post_processor",
              "{'type': 'BertProcessing', 'cls': ['a', 0], 'sep': ['b', 7]}", "post_processor = 7");
        stage("added token", "added_tokens", "[{'content': 3}]", "added_tokens[0].content");
    }
    void badFilesAreNamed() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, field);
        TemporaryFolder folder;
        write_text(folder / "tokenizer.json", text.replace("'", "\"").toStdString());
        const Caught error = caught([&] { Tokenizer::load(folder.path()); });
        QVERIFY(error.thrown);
        QVERIFY2(error.kind == ErrorKind::input && error.says("tokenizer.json"), error.message.c_str());
        QVERIFY2(error.says(field.toStdString()), error.message.c_str());
        QVERIFY2(error.message.find('\n') == std::string::npos, error.message.c_str());
    }

    void capsAreExact() {
        QCOMPARE(Tokenizer::from_document(with_added(100000), "t")->size(), std::size_t(100001));
        QVERIFY(caught([&] { Tokenizer::from_document(with_added(100001), "t"); }).says("added_tokens"));
        QVERIFY(Tokenizer::from_document(with_pattern(4096), "t"));
        QVERIFY(caught([&] { Tokenizer::from_document(with_pattern(4097), "t"); }).says("4 KiB"));
    }

    void foldersWithoutTokenizerSayWhatWasLookedFor() {
        TemporaryFolder folder;
        const Caught error = caught([&] { Tokenizer::load(folder.path()); });
        QVERIFY2(error.says("tokenizer.json") && error.says("vocab.txt") && error.says("merges.txt"),
                 error.message.c_str());
    }

    void onlyTheGivenFilesAreRead() {
        TemporaryFolder folder;
        write_text(folder / "tokenizer.json", "{");
        write_text(folder / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\r\n");
        write_text(folder / "tokenizer_config.json", R"({"do_lower_case": false, "unk_token": "[UNK]"})");
        QVERIFY(caught([&] { Tokenizer::load(folder.path()); }).thrown);
        const auto lower = Tokenizer::load(folder.path(), {"vocab.txt"});
        const auto cased = Tokenizer::load(folder.path(), {"vocab.txt", "tokenizer_config.json"});
        const std::vector<std::int64_t> known = {2, 5, 3}, unknown = {2, 1, 3};
        QCOMPARE(lower->encode("Hello").ids, known);
        QCOMPARE(cased->encode("Hello").ids, unknown);
        QCOMPARE(cased->encode("hello").ids, known);
    }

    void mergesMayHoldNumberSigns() {
        TemporaryFolder folder;
        write_text(folder / "vocab.json",
                   StageJson({{"#", 0}, {"a", 1}, {"##", 2}, {"##a", 3}, {"<|endoftext|>", 4}}).dump());
        write_text(folder / "merges.txt", "#version: 0.2\n# #\n## a\n");
        const auto tokenizer = Tokenizer::load(folder.path());
        const std::vector<std::int64_t> expected = {2, 4, 0, 1};
        QCOMPARE(tokenizer->encode("##<|endoftext|># a").ids.size(), std::size_t(4)); // the blank has no piece
        QCOMPARE(tokenizer->encode("##<|endoftext|>#").ids, (std::vector<std::int64_t>{2, 4, 0}));
        QCOMPARE(tokenizer->encode("##<|endoftext|># a").ids, expected);
    }
};

DIAPASON_TEST(TestTokenizer)
#include "test_tokenizer.moc"
