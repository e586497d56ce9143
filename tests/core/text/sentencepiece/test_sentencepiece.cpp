// SentencePiece models: what they encode to, and that a damaged one is refused before the library sees it.

#include "core/text/sentencepiece/model_check.h"
#include "core/text/sentencepiece/sentencepiece_codec.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_support.h"

#include <cstring>
#include <limits>
#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace {

// Protocol buffers by hand: tag, then length or value.
std::string field(int number, const std::string& bytes) {
    return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}
std::string field(int number, int value) {
    return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}
std::string piece(const std::string& text, float score, int type) {
    std::string bits(4, '\0');
    std::memcpy(bits.data(), &score, 4);
    return field(1, field(1, text) + std::string(1, static_cast<char>(2 << 3 | 5)) + bits + field(3, type));
}

constexpr int normal = 1, unknown = 2, control = 3;

const std::string settings = field(2, field(3, 1)) + field(3, field(1, std::string("identity")));
const std::string head = piece("<unk>", 0, unknown) + piece("<s>", 0, control) + piece("</s>", 0, control);
const std::string model = head + piece("▁", -3, normal) + piece("a", -2, normal) + piece("b", -2, normal) +
                          piece("▁ab", -1, normal) + settings;

std::string with_map(const std::string& map) {
    const auto varint = [](std::size_t n) {
        std::string out;
        for (; n >= 128; n >>= 7)
            out += static_cast<char>(n | 128);
        return out + static_cast<char>(n);
    };
    const std::string inner = std::string(1, static_cast<char>(2 << 3 | 2)) + varint(map.size()) + map;
    return head + piece("a", -1, normal) + std::string(1, static_cast<char>(3 << 3 | 2)) + varint(inner.size()) + inner;
}

std::string trie_map(std::uint32_t first_unit) {
    std::string map(4 + 1024 + 2, '\0');
    const std::uint32_t size = 1024;
    std::memcpy(map.data(), &size, 4);
    std::memcpy(map.data() + 4, &first_unit, 4);
    return map;
}

} // namespace

class TestSentencePiece : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void encodesAndDecodes() {
        const SentencePieceCodec codec(model, "spiece.model");
        std::vector<Token> tokens;
        codec.encode("ab b\xFF", true, tokens);
        std::vector<std::int64_t> ids;
        for (const Token& token : tokens)
            ids.push_back(token.id);
        QCOMPARE(ids, (std::vector<std::int64_t>{6, 3, 5, 0}));
        QCOMPARE(tokens[0].span, (Span{0, 2}));
        QCOMPARE(tokens[3].span, (Span{4, 5}));
        QCOMPARE(QString::fromStdString(codec.decode({1, 6, 3, 5, 2}, true)), QString::fromUtf8("ab b"));
        QCOMPARE(codec.decode({6, 99, -1}, true), std::string("ab"));
        QVERIFY(codec.is_special(1) && !codec.is_special(3));
    }

    void familiesPutTheirTokensAround_data() {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<QByteArray>("single");
        QTest::addColumn<QByteArray>("pair");
        QTest::newRow("none") << QByteArray("{}") << QByteArray("[6]") << QByteArray("[6,6]");
        QTest::newRow("T5") << QByteArray(R"({"tokenizer_class": "T5Tokenizer"})") << QByteArray("[6,2]")
                            << QByteArray("[6,2,6,2]");
        QTest::newRow("Llama") << QByteArray(R"({"tokenizer_class": "LlamaTokenizerFast"})") << QByteArray("[1,6]")
                               << QByteArray("[1,6,1,6]");
        QTest::newRow("flags")
            << QByteArray(R"({"tokenizer_class": "LlamaTokenizer", "add_bos_token": false, "add_eos_token": true})")
            << QByteArray("[6,2]") << QByteArray("[6,2,6,2]");
    }
    void familiesPutTheirTokensAround() {
        QFETCH(QByteArray, config);
        QFETCH(QByteArray, single);
        QFETCH(QByteArray, pair);
        TemporaryFolder folder;
        write_text(folder / "spiece.model", model);
        write_text(folder / "tokenizer_config.json", config.toStdString());
        const auto tokenizer = Tokenizer::load(folder.path());
        QCOMPARE(QByteArray::fromStdString(Json(tokenizer->encode("ab").ids).dump()), single);
        QCOMPARE(QByteArray::fromStdString(Json(tokenizer->encode_pair("ab", "ab").ids).dump()), pair);
        QCOMPARE(tokenizer->id_of("<extra_id_0>"), std::int64_t(config.contains("T5") ? 106 : -1));
        QCOMPARE(tokenizer->id_of("<extra_id_99>"), std::int64_t(config.contains("T5") ? 7 : -1));
    }

    void otherFamiliesAreRefusedByName() {
        TemporaryFolder folder;
        write_text(folder / "spiece.model", model);
        write_text(folder / "tokenizer_config.json", R"({"tokenizer_class": "XLMRobertaTokenizer"})");
        const Caught error = caught([&] { Tokenizer::load(folder.path()); });
        QVERIFY2(error.says("tokenizer_class = XLMRobertaTokenizer"), error.message.c_str());
    }

    void damagedModelsAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, const std::string& bytes, const char* message) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString::fromUtf8(message);
        };
        row("empty", "", "no pieces");
        row("text", "this is no model at all", "not a SentencePiece model");
        row("cut off", model.substr(0, model.size() - 3), "ends in the middle");
        row("no unknown piece", piece("a", 0, normal) + settings, "0 unknown pieces");
        row("two unknown pieces", head + piece("x", 0, unknown), "2 unknown pieces");
        row("a piece twice", head + piece("a", 0, normal) + piece("a", 0, normal), "twice");
        row("an empty piece", head + piece("", 0, normal), "without a text");
        row("a piece that is not UTF-8", head + piece("\xFF", 0, normal), "UTF-8");
        row("no finite score", head + piece("a", std::numeric_limits<float>::quiet_NaN(), normal), "score");
        row("an unknown type", head + piece("a", 0, 9), "unknown type");
        row("half of the bytes", head + piece("<0x00>", 0, 6), "byte pieces");
        row("an unknown kind", head + field(2, field(3, 9)), "unknown kind");
        row("a short map", with_map("abc"), "header");
        row("a map larger than itself", with_map(std::string("\xFF\xFF\xFF\x00", 4) + std::string(100, 'x')),
            "does not fit");
        row("a map that leads outside", with_map(trie_map(0x7FFFFC00)), "outside its trie");
    }
    void damagedModelsAreRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, message);
        const Caught error = caught([&] { SentencePieceCodec(bytes.toStdString(), "dir/spiece.model"); });
        QVERIFY2(error.kind == ErrorKind::input && error.says("dir/spiece.model"), error.message.c_str());
        QVERIFY2(error.says(message.toStdString()), error.message.c_str());
    }

    // Any bytes at all: refused, or a codec that encodes and decodes.
    void changedBytesDoNoHarm() {
        std::mt19937 random(11);
        int accepted = 0;
        for (int round = 0; round < 3000; ++round) {
            std::string bytes = model;
            for (std::size_t i = 1 + random() % 3; i > 0; --i)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            if (!sentencepiece_model_fault(bytes).empty()) continue;
            try {
                const SentencePieceCodec codec(bytes, "x");
                std::vector<Token> tokens;
                codec.encode("ab ba c", true, tokens);
                for (const Token& token : tokens)
                    codec.decode({token.id}, false);
                ++accepted;
            } catch (const Error&) {
            }
        }
        QVERIFY(accepted > 0);
    }
};

DIAPASON_TEST(TestSentencePiece)
#include "test_sentencepiece.moc"
