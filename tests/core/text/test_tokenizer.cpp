// Tokenisers against the reference implementation's ids, and against bytes that are no text.

#include "core/text/tokenizer.h"
#include "core/text/unicode.h"
#include "tests/support/test_support.h"

#include <QByteArray>

#include <thread>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string text_of(const Json& line) {
    if (line.contains("text")) return line["text"].get<std::string>();
    return QByteArray::fromBase64(QByteArray::fromStdString(line["text_base64"].get<std::string>())).toStdString();
}

std::string show(const std::vector<std::int64_t>& ids) {
    return Json(ids).dump();
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
        const auto tokenizer = Tokenizer::load(std::filesystem::path(DIAPASON_SOURCE_DIR) / "resources" / "backbones" /
                                               backbone.toStdString());
        const Encoding encoding = tokenizer->encode("A tool for reading and writing files over the network.");
        QVERIFY(encoding.ids.size() < 20);
        QCOMPARE(QString::fromStdString(tokenizer->decode(encoding.ids)).trimmed(), expected);
        QVERIFY(tokenizer->size() <= 8192);
    }

    void sharedAcrossThreads() {
        const auto tokenizer =
            Tokenizer::load(std::filesystem::path(DIAPASON_SOURCE_DIR) / "resources/backbones/encoder-mini");
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
        const auto tokenizer =
            Tokenizer::load(std::filesystem::path(DIAPASON_SOURCE_DIR) / "resources/backbones/encoder-mini");
        const std::string text = "one two three four five six seven eight nine ten";
        const Encoding full = tokenizer->encode(text), cut = tokenizer->encode(text, {.max_length = 6});
        QCOMPARE(cut.ids.size(), std::size_t(6));
        QCOMPARE(cut.ids.front(), full.ids.front());
        QCOMPARE(cut.ids.back(), full.ids.back());
    }

    void badFilesAreNamed_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("not JSON") << QByteArray("{");
        QTest::newRow("no model") << QByteArray(R"({"version": "1.0"})");
        QTest::newRow("unknown model") << QByteArray(R"({"model": {"type": "Magic", "vocab": {}}})");
        QTest::newRow("vocabulary is no object") << QByteArray(R"({"model": {"type": "WordPiece", "vocab": 3}})");
        QTest::newRow("negative id") << QByteArray(
            R"({"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": -1}}})");
        QTest::newRow("huge id") << QByteArray(
            R"({"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 900000000000}}})");
        QTest::newRow("merge of unknown pieces")
            << QByteArray(R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}})");
    }
    void badFilesAreNamed() {
        QFETCH(QByteArray, text);
        TemporaryFolder folder;
        write_text(folder / "tokenizer.json", text.toStdString());
        const Caught error = caught([&] { Tokenizer::load(folder.path()); });
        QVERIFY(error.thrown);
        QVERIFY2(error.says("tokenizer.json"), error.message.c_str());
    }

    void agreesWithTheReference_data() {
        QTest::addColumn<QString>("folder");
        for (const char* name : {"bert-uncased", "bert-cased-tiny", "gpt2-tiny", "smollm2"})
            QTest::newRow(name) << name;
    }
    void agreesWithTheReference() {
        DIAPASON_NEEDS(fixtures, "fixtures/tokenize");
        QFETCH(QString, folder);
        const auto where = *fixtures / folder.toStdString();
        const Json document = read_json(where / "case.json");
        const auto tokenizer = Tokenizer::load(where / document["tokenizer"].get<std::string>());
        std::ifstream lines(where / document["cases"].get<std::string>());
        std::string raw;
        int compared = 0, wrong = 0;
        while (std::getline(lines, raw)) {
            const Json line = parse_json(raw, "cases.jsonl");
            EncodeOptions options;
            options.add_special_tokens = line.value("add_special_tokens", true);
            if (line.contains("truncation")) {
                if (line["truncation"].value("strategy", "longest_first") != "longest_first") continue;
                options.max_length = line["truncation"]["max_length"].get<std::size_t>();
            }
            const Encoding got = line.contains("pair")
                                     ? tokenizer->encode_pair(text_of(line), line["pair"].get<std::string>(), options)
                                     : tokenizer->encode(text_of(line), options);
            ++compared;
            const auto expected = line["ids"].get<std::vector<std::int64_t>>();
            bool good = got.ids == expected;
            if (!good && line.contains("ids_also"))
                for (const Json& also : line["ids_also"])
                    good = good || got.ids == also.get<std::vector<std::int64_t>>();
            std::string what = "ids " + show(got.ids) + ", expected " + show(expected);
            if (good && got.ids == expected && line.contains("decoded")) {
                const std::string decoded = tokenizer->decode(expected);
                good = decoded == line["decoded"].get<std::string>();
                what = "decoded \"" + decoded + "\", expected \"" + line["decoded"].get<std::string>() + "\"";
            }
            if (good && line.contains("type_ids"))
                good = got.type_ids == line["type_ids"].get<std::vector<std::int64_t>>();
            if (!good && ++wrong < 5) qWarning("%s: %s", line["id"].get<std::string>().c_str(), what.c_str());
        }
        QCOMPARE(wrong, 0);
        QVERIFY(compared > 100);
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "test_tokenizer.moc"
