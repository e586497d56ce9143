// The stages together: ids, offsets and decoded text. Expectations without a rule beside them were taken from the
// reference implementation.

#include "core/text/tokenizer.h"
#include "core/text/tokenizer_stages.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <map>
#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace {

using Ids = std::vector<std::int64_t>;

std::shared_ptr<const Tokenizer> from(const char* text) {
    return Tokenizer::from_document(StageJson::parse(text), "document");
}

const char* const bert = R"({
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                   "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 10,
              "vocab": {"[UNK]": 0, "u": 1, "##n": 2, "##i": 3, "中": 4, "e": 5, "##te": 6, ",": 7, "istanbul": 8, "i": 9}},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true}})";

const char* const llama = R"({
    "added_tokens": [{"id": 0, "content": "<x>", "lstrip": true, "normalized": false, "special": true},
                     {"id": 0, "content": "cab", "single_word": true, "normalized": false, "special": false}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                   {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
    "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
              "vocab": {"<unk>": 0, "▁": 1, "a": 2, "b": 3, "c": 4, "▁a": 5, "ab": 6, "bc": 7, "▁ab": 8,
                        "<0xE4>": 9, "<0xB8>": 10, "<0xAD>": 11},
              "merges": [["▁", "a"], ["▁a", "b"], "b c", "a b"]},
    "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}})";

const char* const unigram = R"({
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
    "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁", -3.0], ["a", -2.0], ["b", -2.0],
              ["ab", -3.5], ["▁ab", -4.0], ["ba", -6.0]]},
    "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}})";

// What byte-pair encoding is by definition: as long as there is one, the pair of the lowest rank is joined, leftmost
// first.
Ids by_definition(std::vector<std::string> parts, const std::vector<std::pair<std::string, std::string>>& merges,
                  const std::map<std::string, std::int64_t>& vocabulary) {
    for (;;) {
        std::size_t best_rank = merges.size(), best = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto found = std::find(merges.begin(), merges.end(), std::pair(parts[i], parts[i + 1]));
            const auto rank = static_cast<std::size_t>(found - merges.begin());
            if (rank < best_rank) {
                best_rank = rank;
                best = i;
            }
        }
        if (best_rank == merges.size()) break;
        parts[best] += parts[best + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    Ids ids;
    for (const std::string& part : parts)
        ids.push_back(vocabulary.at(part));
    return ids;
}

} // namespace

class TestPipeline : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void encodes_data() {
        QTest::addColumn<QByteArray>("document");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("ids");
        QTest::addColumn<QByteArray>("offsets");
        QTest::addColumn<QByteArray>("decoded");
        const auto row = [](const char* name, const char* document, QByteArray text, const char* ids,
                            const char* offsets, const char* decoded) {
            QTest::newRow(name) << QByteArray(document) << text << QByteArray(ids) << QByteArray(offsets)
                                << QByteArray(decoded);
        };
        row("accents, ideographs, NUL", bert,
            QByteArray("U\xCC\x88ni\xCC\x81, \xE4\xB8\xAD"
                       "e\0te",
                       16),
            "[1,2,3,7,4,5,6]", "[[0,1],[2,3],[3,4],[5,6],[7,8],[8,9],[10,12]]", "uni, 中 ete");
        row("capital I with a dot", bert, "İstanbul \uFFFDi", "[8,9]", "[[0,8],[10,11]]", "istanbul i");
        row("a word too long", bert, "eeeeeeeeeeeeeee,", "[0,7]", "[[0,15],[15,16]]", "[UNK],");
        row("the first blank", llama, "ab abc", "[8,8,4]", "[[0,2],[2,5],[5,6]]", "ab abc");
        row("bytes and unknown", llama, "中ab é€b", "[1,9,10,11,6,1,0,3]",
            "[[0,1],[0,1],[0,1],[0,1],[1,3],[3,4],[4,6],[6,7]]", "中ab <unk>b");
        row("a token that takes blanks", llama, "a  <x> b<x>", "[5,12,1,1,3,12]",
            "[[0,1],[1,6],[6,7],[6,7],[7,8],[8,11]]", "a  b");
        row("whole words only", llama, "cab cabs scab cab", "[13,1,1,4,6,0,1,0,4,6,1,13]",
            "[[0,3],[3,4],[3,4],[4,5],[5,7],[7,8],[8,9],[9,10],[10,11],[11,13],[13,14],[14,17]]",
            "cab  cab<unk> <unk>cab cab");
        row("nothing", llama, "", "[]", "[]", "");
        row("the best segmentation", unigram, "ab abba", "[5,5,3,2]", "[[0,2],[2,5],[5,6],[6,7]]", "ab abba");
        row("unknown ones are one", unigram, "xyab z", "[1,0,4,1,0]", "[[0,1],[0,2],[2,4],[4,5],[5,6]]",
            "<unk>ab <unk>");
        row("a blank is there", unigram, " ab", "[5]", "[[0,3]]", "ab");
    }
    void encodes() {
        QFETCH(QByteArray, document);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, ids);
        QFETCH(QByteArray, offsets);
        QFETCH(QByteArray, decoded);
        const auto tokenizer = from(document.constData());
        const Encoding got = tokenizer->encode(text.toStdString(), {.with_offsets = true});
        QCOMPARE(QByteArray::fromStdString(Json(got.ids).dump()), ids);
        Json spans = Json::array();
        for (const Span span : got.offsets)
            spans.push_back({span.begin, span.end});
        QCOMPARE(QByteArray::fromStdString(spans.dump()), offsets);
        QCOMPARE(QByteArray::fromStdString(tokenizer->decode(got.ids)), decoded);
        QCOMPARE(tokenizer->encode(text.toStdString()).ids, got.ids); // offsets change nothing else
    }

    // Short words are merged by a scan, long ones by a queue; both do what the definition says.
    void mergesInTheOrderOfTraining() {
        std::mt19937 random(3);
        for (int round = 0; round < 40; ++round) {
            std::map<std::string, std::int64_t> vocabulary;
            std::vector<std::string> pieces = {"a", "b", "c"};
            std::vector<std::pair<std::string, std::string>> merges;
            for (int i = 0; i < 25; ++i) {
                const std::string left = pieces[random() % pieces.size()], right = pieces[random() % pieces.size()];
                if (std::find(merges.begin(), merges.end(), std::pair(left, right)) != merges.end()) continue;
                merges.emplace_back(left, right);
                if (std::find(pieces.begin(), pieces.end(), left + right) == pieces.end())
                    pieces.push_back(left + right);
            }
            StageJson model = {{"type", "BPE"}, {"merges", StageJson::array()}};
            for (std::size_t id = 0; id < pieces.size(); ++id) {
                vocabulary[pieces[id]] = static_cast<std::int64_t>(id);
                model["vocab"][pieces[id]] = id;
            }
            for (const auto& [left, right] : merges)
                model["merges"].push_back(StageJson::array({left, right}));
            const auto tokenizer = Tokenizer::from_document({{"model", model}}, "document");
            for (const std::size_t length : {1, 5, 47, 48, 49, 50, 150}) {
                std::string word;
                std::vector<std::string> parts;
                for (std::size_t i = 0; i < length; ++i) {
                    parts.emplace_back(1, static_cast<char>('a' + random() % 3));
                    word += parts.back();
                }
                QCOMPARE(tokenizer->encode(word).ids, by_definition(parts, merges, vocabulary));
            }
        }
    }

    void truncation_data() {
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("second");
        QTest::addColumn<int>("room");
        QTest::addColumn<int>("kept_first");
        QTest::addColumn<int>("kept_second");
        QTest::newRow("fits") << 3 << 4 << 7 << 3 << 4;
        QTest::newRow("the shorter one stays whole") << 2 << 9 << 7 << 2 << 5;
        QTest::newRow("the same the other way") << 9 << 2 << 7 << 5 << 2;
        QTest::newRow("half each, the odd one to the longer") << 9 << 8 << 7 << 4 << 3;
        QTest::newRow("equal: the odd one to the second") << 8 << 8 << 7 << 3 << 4;
        QTest::newRow("an empty second") << 9 << 0 << 7 << 7 << 0;
        QTest::newRow("room for one") << 9 << 8 << 1 << 1 << 0;
    }
    void truncation() {
        QFETCH(int, first);
        QFETCH(int, second);
        QFETCH(int, room);
        QFETCH(int, kept_first);
        QFETCH(int, kept_second);
        const auto tokenizer = from(R"({"pre_tokenizer": {"type": "FixedLength", "length": 1},
                                        "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}}})");
        const Encoding got = tokenizer->encode_pair(std::string(static_cast<std::size_t>(first), 'a'),
                                                    std::string(static_cast<std::size_t>(second), 'b'),
                                                    {.max_length = static_cast<std::size_t>(room)});
        QCOMPARE(int(std::count(got.ids.begin(), got.ids.end(), 0)), kept_first);
        QCOMPARE(int(std::count(got.ids.begin(), got.ids.end(), 1)), kept_second);
        const Encoding only =
            tokenizer->encode_pair("aaaa", "bb", {.max_length = 3, .strategy = TruncationStrategy::only_first});
        QCOMPARE(only.ids, (Ids{0, 1, 1}));
        QVERIFY(caught([&] {
                    tokenizer->encode_pair("aaaa", "bb",
                                           {.max_length = 4, .strategy = TruncationStrategy::only_second});
                }).says("too short"));
    }

    void emptySecondTextsAreTexts() {
        const auto tokenizer = from(R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "S": 1}},
                                        "post_processor": {"type": "BertProcessing", "cls": ["S", 1], "sep": ["S", 1]}})");
        QCOMPARE(tokenizer->encode_pair("a", "").ids, (Ids{1, 0, 1, 1}));
        QCOMPARE(tokenizer->encode_pair("a", "").type_ids, (Ids{0, 0, 0, 1}));
        QCOMPARE(tokenizer->encode_pair("a", "a", {.add_special_tokens = false}).ids, (Ids{0, 0}));
    }

    // A file whose expression backtracks without end costs a message, not the run.
    void aHostileExpressionIsStopped() {
        const auto tokenizer = from(R"({"pre_tokenizer": {"type": "Split", "behavior": "Isolated",
                                                          "pattern": {"Regex": "(a+)+b"}},
                                        "model": {"type": "WordLevel", "vocab": {"a": 0}}})");
        const Caught error = caught([&] { tokenizer->encode(std::string(10000, 'a')); });
        QVERIFY2(error.thrown && error.says("(a+)+b"), error.message.c_str());
    }
};

DIAPASON_TEST(TestPipeline)
#include "test_pipeline.moc"
