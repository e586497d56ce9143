// Tokenizer files that multiply what they are given, or take for ever on it: each is refused with a message that names
// file and field, before the memory is taken.

#include "core/text/special_tokens.h"
#include "core/text/tokenizer.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

constexpr std::int64_t most_kb = 100 * 1024;

StageJson document(const StageJson& more) {
    StageJson all = {{"model", {{"type", "WordLevel"}, {"unk_token", "a"}, {"vocab", {{"a", 0}, {"e", 1}}}}}};
    all.update(more);
    return all;
}

StageJson replace(const char* kind, const std::string& from, const std::string& by) {
    return {{"type", "Replace"}, {"pattern", {{kind, from}}}, {"content", by}};
}

StageJson sequence(const char* list, const std::vector<StageJson>& parts) {
    return {{"type", "Sequence"}, {list, parts}};
}

// What the message says of loading and using a tokenizer; empty where nothing is wrong. Memory is looked at, too.
std::string refusal(const StageJson& more, const std::string& text, std::int64_t& grown_kb) {
    const StageJson all = document(more);
    forget_peak();
    const std::int64_t before = memory_kb("VmHWM");
    const Caught error = caught([&] {
        const auto tokenizer = Tokenizer::from_document(all, "tokenizer.json");
        tokenizer->encode(text, {.with_offsets = true});
        tokenizer->decode({1, 1, 1});
    });
    grown_kb = memory_kb("VmHWM") - before;
    return error.message;
}

} // namespace

class TestHostileTokenizers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void growthIsBounded_data() {
        QTest::addColumn<QByteArray>("more");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const StageJson& more, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(more.dump()) << QByteArray(says);
        };
        const std::vector<StageJson> thirty(30, replace("String", "e", "eeee"));
        row("replacements", {{"normalizer", sequence("normalizers", thirty)}}, "normalizer.normalizers[");
        row("replacements by expressions",
            {{"normalizer", sequence("normalizers", std::vector<StageJson>(30, replace("Regex", "e|$", "ee")))}},
            "normalizer.normalizers[");
        row("in a sequence of sequences", {{"normalizer", sequence("normalizers", {sequence("normalizers", thirty)})}},
            "normalizer.normalizers[0].normalizers[");
        row("one long replacement", {{"normalizer", replace("String", "e", std::string(1 << 20, 'e'))}},
            "normalizer: ");
        row("one long prefix", {{"normalizer", {{"type", "Prepend"}, {"prepend", std::string(1 << 20, 'e')}}}},
            "normalizer: ");
        row("prefixes",
            {{"normalizer",
              sequence("normalizers",
                       std::vector<StageJson>(150, {{"type", "Prepend"}, {"prepend", std::string(1000, 'e')}}))}},
            "normalizer.normalizers[");
        row("stand-ins of stand-ins",
            {{"pre_tokenizer", sequence("pretokenizers", std::vector<StageJson>(40, {{"type", "ByteLevel"},
                                                                                     {"add_prefix_space", false}}))}},
            "pre_tokenizer.pretokenizers[");
        row("an added token",
            {{"normalizer", sequence("normalizers", thirty)},
             {"added_tokens", {{{"content", "eee"}, {"normalized", true}}}}},
            "normalizer.normalizers[");
        row("decoded replacements", {{"decoder", sequence("decoders", thirty)}}, "decoder.decoders[");
        row("one long decoded replacement", {{"decoder", replace("String", "e", std::string(1 << 20, 'e'))}},
            "decoder: ");
    }
    void growthIsBounded() {
        QFETCH(QByteArray, more);
        QFETCH(QByteArray, says);
        std::int64_t grown_kb = 0;
        const std::string message =
            refusal(StageJson::parse(more.toStdString()), "\u00E9 the \u00E9 seventeen elves", grown_kb);
        QVERIFY2(message.starts_with("tokenizer.json: " + says.toStdString()), message.substr(0, 300).c_str());
        QVERIFY2(message.find("may become") != std::string::npos && message.size() < 600,
                 message.substr(0, 300).c_str());
        QVERIFY2(grown_kb < most_kb, qPrintable(QString::number(grown_kb)));
    }

    // Many parts of a text share its room: the text between added tokens is no text of its own.
    void partsOfATextShareItsRoom() {
        const auto tokenizer =
            Tokenizer::from_document(document({{"normalizer", replace("String", "e", std::string(2000, 'e'))},
                                               {"added_tokens", {{{"content", "x"}}}}}),
                                     "tokenizer.json");
        QCOMPARE(tokenizer->encode("exe").ids.size(), std::size_t(3));
        std::string text;
        for (int i = 0; i < 1000; ++i)
            text += "ex";
        const Caught error = caught([&] { tokenizer->encode(text); });
        QVERIFY2(error.says("normalizer: makes more of a text"), error.message.c_str());
    }

    // What real tokenizers do with the characters that grow most stays far below.
    void realGrowthIsFine() {
        std::string text;
        for (int i = 0; i < 3000; ++i)
            text += "\uFDFA e";
        const auto tokenizer = Tokenizer::from_document(
            document({{"normalizer",
                       sequence("normalizers", {{{"type", "NFKD"}}, {{"type", "Prepend"}, {"prepend", "\u2581"}}})},
                      {"pre_tokenizer", {{"type", "ByteLevel"}}},
                      {"decoder", sequence("decoders", {{{"type", "ByteLevel"}}})}}),
            "tokenizer.json");
        QVERIFY(!tokenizer->encode(text, {.with_offsets = true}).ids.empty());
        QCOMPARE(room_for_text(0), std::size_t(4096));
        QCOMPARE(room_for_text(std::size_t(-1)), std::size_t(0x7FFFFFFF));
    }

    // A pattern's own limit is said with its place.
    void endlessSearchesNameTheirField() {
        const auto tokenizer =
            Tokenizer::from_document(document({{"normalizer", replace("Regex", "(a+)+b", "c")}}), "tokenizer.json");
        const Caught error = caught([&] { tokenizer->encode(std::string(3000, 'a')); });
        QVERIFY2(error.says("tokenizer.json: normalizer.pattern = (a+)+b") && error.says("too many steps"),
                 error.message.c_str());
    }

    void limitsAreSaid_data() {
        QTest::addColumn<QByteArray>("more");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const StageJson& more, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(more.dump()) << QByteArray(says);
        };
        const StageJson nested = sequence("normalizers", std::vector<StageJson>(100, {{"type", "NFC"}}));
        row("stages", {{"normalizer", sequence("normalizers", {nested, nested})}}, "normalizer: has 203 stages");
        const StageJson a = {{"Sequence", {{"id", "A"}}}}, b = {{"Sequence", {{"id", "B"}}}};
        const StageJson s = {{"SpecialToken", {{"id", "S"}}}};
        const auto processor = [&](const std::vector<StageJson>& single, std::size_t ids) {
            return StageJson{{"post_processor",
                              {{"type", "TemplateProcessing"},
                               {"single", single},
                               {"pair", {a, b}},
                               {"special_tokens", {{"S", {{"id", "S"}, {"ids", std::vector<int>(ids, 0)}}}}}}}};
        };
        row("a text twice", processor({a, a}, 1), "post_processor.single[1]: unsupported");
        row("special tokens", processor({s, a}, 257), "post_processor.single[0]: puts more than 256");
        row("special tokens together", processor({s, s, s, a}, 100), "post_processor.single[2]: puts more than 256");
        const std::string longer(4097, 'x');
        row("a long piece", {{"model", {{"type", "WordLevel"}, {"vocab", {{longer, 0}}}}}}, "model.vocab = xxx");
        row("a long piece of a unigram",
            {{"model", {{"type", "Unigram"}, {"vocab", StageJson::array({StageJson::array({longer, -1.0})})}}}},
            "model.vocab = xxx");
        row("a long added token", {{"added_tokens", {{{"content", longer}}}}}, "added_tokens[0].content");
        const auto affix = [&](const char* type, const char* field) {
            StageJson model = {
                {"type", type}, {"vocab", {{"a", 0}}}, {"unk_token", "a"}, {"merges", StageJson::array()}};
            model[field] = std::string(257, '#');
            return StageJson{{"model", model}};
        };
        row("a long prefix", affix("BPE", "continuing_subword_prefix"), "model.continuing_subword_prefix");
        row("a long suffix", affix("BPE", "end_of_word_suffix"), "model.end_of_word_suffix");
        row("a long prefix of pieces", affix("WordPiece", "continuing_subword_prefix"),
            "model.continuing_subword_prefix");
        // A map of no character at all, with one text of 200 bytes.
        std::string map("\x04\0\0\0\0\0\0\0", 8);
        map += std::string(200, 'x') + '\0';
        row("a long text of a character map",
            {{"normalizer",
              {{"type", "Precompiled"},
               {"precompiled_charsmap", QByteArray::fromStdString(map).toBase64().toStdString()}}}},
            "normalizer.precompiled_charsmap: contains a text of more than 128 bytes");
    }
    void limitsAreSaid() {
        QFETCH(QByteArray, more);
        QFETCH(QByteArray, says);
        const Caught error =
            caught([&] { Tokenizer::from_document(document(StageJson::parse(more.toStdString())), "tokenizer.json"); });
        QVERIFY2(error.says("tokenizer.json: " + says.toStdString()), error.message.substr(0, 400).c_str());
        QVERIFY(error.message.size() < 600);
    }

    // Each of many special tokens used to be compared with all before it.
    void manySpecialTokensAreReadAtOnce() {
        TemporaryFolder folder;
        StageJson tokens = StageJson::object();
        for (int id = 0; id < 60'000; ++id)
            tokens[std::to_string(id)] = {{"content", "<" + std::to_string(id) + ">"}};
        write_text(folder / "tokenizer_config.json", StageJson{{"added_tokens_decoder", tokens}}.dump());
        const SpecialTokens special(TokenizerFiles(folder.path()), {});
        QCOMPARE(special.added().size(), std::size_t(60'000));
    }
};

DIAPASON_TEST(TestHostileTokenizers)
#include "test_hostile_tokenizers.moc"
