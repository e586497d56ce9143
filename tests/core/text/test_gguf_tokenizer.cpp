// Tokenizers inside GGUF files against golden cases of the tokenizers and sentencepiece packages: 200 texts each.

#include "core/text/gguf_tokenizer.h"
#include "core/text/tokenizer.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/test_support.h"

#include <map>

using namespace diapason;
using namespace diapason::testing;

namespace {

Json golden(const std::string& name) {
    return read_json(fixtures() / "gguf" / (name + ".json"));
}

/// The vocabulary of a golden case as metadata. @param pre empty: not said
GgufWriter metadata(const Json& document, const std::string& pre) {
    GgufWriter w;
    w.text("general.architecture", "llama").text("tokenizer.ggml.model", document.at("model").get<std::string>());
    if (!pre.empty()) w.text("tokenizer.ggml.pre", pre);
    w.texts("tokenizer.ggml.tokens", document.at("tokens").get<std::vector<std::string>>());
    w.numbers("tokenizer.ggml.token_type", document.at("token_type").get<std::vector<std::int32_t>>());
    if (document.contains("merges"))
        w.texts("tokenizer.ggml.merges", document.at("merges").get<std::vector<std::string>>());
    if (document.contains("scores")) w.reals("tokenizer.ggml.scores", document.at("scores").get<std::vector<float>>());
    for (const char* role : {"bos", "eos", "unknown"}) {
        if (document.contains(role))
            w.number("tokenizer.ggml." + std::string(role) + "_token_id", document.at(role).get<std::uint32_t>());
    }
    return w;
}

std::shared_ptr<const Tokenizer> load(const TemporaryFolder& folder, const GgufWriter& writer) {
    write_text(folder / "t.gguf", writer.bytes());
    return Tokenizer::load(folder / "t.gguf");
}

} // namespace

class TestGgufTokenizer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void idsAreTheReferences_data() {
        QTest::addColumn<QString>("fixture");
        QTest::addColumn<QString>("pre");
        for (const char* name : {"gpt-2", "smollm", "llama-bpe", "qwen2", "default", "llama"})
            QTest::newRow(name) << name << name;
        QTest::newRow("pre missing") << "default"
                                     << "";
    }
    void idsAreTheReferences() {
        QFETCH(QString, fixture);
        QFETCH(QString, pre);
        TemporaryFolder folder;
        const Json document = golden(fixture.toStdString());
        const auto texts = golden("texts").get<std::vector<std::string>>();
        const auto ids = document.at("ids").get<std::vector<std::vector<std::int64_t>>>();
        const Json& decoded = document.at("decoded");
        const auto tokenizer = load(folder, metadata(document, pre.toStdString()));
        QCOMPARE(texts.size(), std::size_t(200));
        QCOMPARE(ids.size(), texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string where = "text " + std::to_string(i);
            const auto got = tokenizer->encode(texts[i]).ids;
            QVERIFY2(got == ids[i], (where + ": " + Json(got).dump() + ", expected " + Json(ids[i]).dump()).c_str());
            const std::string back = tokenizer->decode(got);
            QVERIFY2(back == decoded.value(std::to_string(i), texts[i]), (where + ": decoded as " + back).c_str());
        }
    }

    void patternsDiffer() {
        TemporaryFolder folder;
        std::map<std::string, std::string> found;
        for (const char* pre : {"gpt-2", "smollm", "llama-bpe", "qwen2", "default"}) {
            GgufWriter w;
            w.text("tokenizer.ggml.model", "gpt2").text("tokenizer.ggml.pre", pre);
            w.texts("tokenizer.ggml.tokens", {"1", "2", "3", "4", ".", "a", "12", "123", "1234", ".a"});
            w.texts("tokenizer.ggml.merges", {"1 2", "12 3", "123 4", ". a"});
            const auto tokenizer = load(folder, w);
            for (const std::int64_t id : tokenizer->encode("1234.a").ids)
                found[pre] += (found[pre].empty() ? "" : " ") + tokenizer->piece(id);
        }
        QCOMPARE(found["gpt-2"], std::string("1234 . a"));
        QCOMPARE(found["smollm"], std::string("1 2 3 4 . a"));
        QCOMPARE(found["llama-bpe"], std::string("123 4 .a"));
        QCOMPARE(found["qwen2"], std::string("1 2 3 4 .a"));
        QCOMPARE(found["default"], std::string("123 4 . a"));
    }

    void anUnnamedPatternIsSaid() {
        TemporaryFolder folder;
        const auto notes = [&](const std::string& pre) {
            write_text(folder / "t.gguf", metadata(golden("default"), pre).bytes());
            const FileMapping mapping(folder / "t.gguf");
            return gguf_tokenizer_note(GgufHeader(mapping, "t.gguf"));
        };
        QVERIFY(notes("").find("tokenizer.ggml.pre is missing") == 0);
        QVERIFY(notes("default").find("tokenizer.ggml.pre is \"default\"") == 0);
        QVERIFY(notes("gpt-2").empty());
        write_text(folder / "t.gguf", metadata(golden("llama"), "").bytes());
        const FileMapping mapping(folder / "t.gguf");
        QVERIFY(gguf_tokenizer_note(GgufHeader(mapping, "t.gguf")).empty()); // pieces need no pattern
        const Caught error = caught([&] { load(folder, metadata(golden("gpt-2"), "martian")); });
        QVERIFY(error.kind == ErrorKind::input && error.says("martian") && error.says("llama-bpe"));
    }

    void theFileDecidesAboutStartAndEnd() {
        TemporaryFolder folder;
        const auto ids = [&](const char* name, const auto& change) {
            GgufWriter writer = metadata(golden(name), name);
            change(writer);
            return load(folder, writer)->encode("a").ids;
        };
        const auto plain = ids("qwen2", [](auto&) {});
        QCOMPARE(plain.size(), std::size_t(1));
        const auto framed = ids("qwen2", [](GgufWriter& w) {
            w.flag("tokenizer.ggml.add_bos_token", true).flag("tokenizer.ggml.add_eos_token", true);
        });
        QCOMPARE(framed, (std::vector<std::int64_t>{1, plain[0], 0}));
        QCOMPARE(ids("llama-bpe", [](GgufWriter& w) { w.flag("tokenizer.ggml.add_bos_token", false); }).size(),
                 std::size_t(1));
        const auto bare = ids("llama", [](GgufWriter& w) {
            w.flag("tokenizer.ggml.add_bos_token", false).flag("tokenizer.ggml.add_space_prefix", false);
        });
        const auto tokens = golden("llama").at("tokens").get<std::vector<std::string>>();
        QCOMPARE(bare.size(), std::size_t(1));
        QCOMPARE(tokens.at(std::size_t(bare[0])), std::string("a"));
    }

    // <unk> written out is the token itself, as the start and end tokens are.
    void specialPiecesAreSpecial() {
        TemporaryFolder folder;
        const auto tokenizer = load(folder, metadata(golden("llama"), ""));
        QCOMPARE(tokenizer->encode("<unk></s>").ids, (std::vector<std::int64_t>{1, 0, 2}));
        QCOMPARE(tokenizer->decode({1, 0, 2}), std::string());
    }
};

DIAPASON_TEST(TestGgufTokenizer)
#include "test_gguf_tokenizer.moc"
