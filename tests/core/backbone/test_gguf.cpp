// GGUF: values as the gguf package dequantises them, metadata as configuration and tokenizer, import, hostile files.

#include "core/backbone/backbone_config.h"
#include "core/backbone/gguf.h"
#include "core/backbone/gguf_blocks.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/library/gguf_import.h"
#include "core/library/import.h"
#include "core/text/tokenizer.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/test_support.h"

#include <cstring>
#include <ctime>
#include <fstream>

using namespace diapason;
using namespace diapason::testing;

namespace {

// Random blocks with finite scales, and the SHA-256 of what gguf.quants.dequantize makes of them (float32, row-major).
struct Golden {
    const char* type;
    std::int64_t values;
    const char* bytes;
    const char* hash;
};
const Golden goldens[] = {
    {"F32", 8, "a6c1e7be81c55cbe744701c0ae7f6dbe9b7e5dbf06ac54409b34673e068cb4be",
     "aa669ab83fdc574cefaa1002ba75cd4aff71a7e6092d1d7ef540d5f5868fffb6"},
    {"F16", 8, "662e66b201001180ff7b00000080007c", "ebb29764dcb13e0f2f423a8ec3e72ca6fe8b27309f38fb14c890c73c49826d47"},
    {"BF16", 8, "f63e74be753f4cbec63cc53f0b3f01bf", "0652c2b8bdfeafeee49a089510bcdc43ce39d7b383f5ec5de27427549e992e8c"},
    {"Q4_0", 64, "b327080b3d2d47e41d5aa4a9093dcd95e712cfa60ec0a7787351ba306b7bf5c5347b7779",
     "fc80f09aedadc271dcf9882908d7f1bb8d6aee80e615de1ef26fe4acc4d15d57"},
    {"Q4_1", 64, "6ead5fa7376dcd9b4c8816a9b8a62c85496a74eed82768aafa7a0a35d502b09b61974da19dd8773f",
     "592fafe3e2951bd4b7664774efaffed4e0edc5af4bad8149d5d8e3e5c7443f94"},
    {"Q5_0", 64, "7b96544c3b94b9d731e55ba87d723501c3e8cbae1d1d6629ff7bf0d1e7c9e3e92ff4b66d045efcf466853ac2",
     "b401c3aaab2ab497b895537e2f2bc8312691372ea8012da064bcd8845b96176f"},
    {"Q5_1", 64, "792403a6f26a8ad95a6409a8f26bd86461b2f5e6cb90cc7a999e0a1faf2e762586c76b36a611ccb29df095cc4e1cbf4a",
     "e1c0e9d03cd50bf9e97d32ee59a9241e6ed11255ea362eb02fa9bae5a6f820b8"},
    {"Q8_0", 64,
     "73250321efa2e79c4fa27beefff2563242aa1fcc0353272e95b5430b033e32bffe687128c5b691c0a5bfb25444762591"
     "c342bff0b2e0cbebfb35f9796eacad34451f3240",
     "842e2a5c26e8cab19d36c5996d05d1a602f25cea2bfad5713fd559bc7ca3c567"},
    {"Q4_K", 256,
     "5d21e9a40f900cf89d53aa9f4b9dc1f965bc5c9bf4673680028a76f895bbda9ad6f97ac93702d6561e0838ca6dd339f9"
     "a816d90d930843891f8c895e9f93530deea9bb151144b34409068b31773b7ab7b2fcbf368c9876a029f5cfdb81b7c97e"
     "ac03732033890e112e51f84ba8b7936938382b7ec92a474ecd3c76d939ac7191096819f7453664efc6f948b58a600207",
     "633005fc34673efa9276104fd3127c1ac322d561ad67fdcda8b881a40ea5b17a"},
    {"Q6_K", 256,
     "a334b436b5c9d5d15f2c480da847ab4b87e30cae73801aa2e5b7475ec1d394281699f696944f47167a8866ab29d918cd"
     "88f04bab514a4e101097e6855f1ef84dba45038ecb5990ae8bf0b932a5d33d09d499c47e644fb69ecfd51a2071b628ec"
     "4a3c127bec2ce2f7f1584789438a99bab5bb2bc6cab5237f4337c764ae6ec5aa74880405401f419e9f9e1a8759665226"
     "db1d8a342387a508940dc3bd527e87af64a98163e82fbef474b06661ba567a4eed03d2e8849e0c1505b69964fc0a2206"
     "43564e59b3d2edb945d21759a1820c7ed5ab",
     "c2b3b2b7e131c22a7be62c270603c4c3f10de2890646606f943c4a75dd5e12b7"},
};

} // namespace

class TestGguf : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void valuesAreTheReferences() {
        for (const Golden& golden : goldens) {
            const QByteArray bytes = QByteArray::fromHex(golden.bytes);
            const BlockType* type = block_type(std::string(golden.type));
            QVERIFY2(type, golden.type);
            const std::int64_t blocks = golden.values / type->elements;
            QCOMPARE(bytes.size(), qsizetype(blocks) * qsizetype(type->bytes));
            std::vector<float> values(static_cast<std::size_t>(golden.values));
            type->dequantise(reinterpret_cast<const unsigned char*>(bytes.data()), blocks, values.data());
            const std::string_view raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
            QVERIFY2(sha256_hex(raw) == golden.hash, golden.type);
        }
    }

    void metadataBecomeAConfiguration() {
        TemporaryFolder folder;
        write_text(folder / "m" / "tiny.gguf", tiny_gguf().bytes());
        for (const auto& path : {folder / "m", folder / "m/tiny.gguf"}) {
            QVERIFY(has_weights(path));
            const BackboneConfig config = read_backbone_config(path);
            QCOMPARE(config.family, std::string("llama"));
            QCOMPARE(config.width, std::int64_t(8));
            QCOMPARE(config.heads, std::int64_t(2));
            QCOMPARE(config.kv_heads, std::int64_t(1));
            QCOMPARE(config.norm_eps, 1e-5);
            QCOMPARE(config.rope_theta, 5000.0);
            QVERIFY(config.tied_head);
            QCOMPARE(config.rope_scaling.at("rope_type").get<std::string>(), std::string("linear"));
            QCOMPARE(resolve_backbone(path.string()), path);
        }
        write_text(folder / "m" / "other.gguf", tiny_gguf().bytes());
        QVERIFY(caught([&] { has_weights(folder / "m"); }).says("2 .gguf files"));
    }

    // Files of 2023 have the factor of a linear scaling under a key of its own.
    void theOlderKeyOfLinearScaling() {
        TemporaryFolder folder;
        const auto scaling = [&](const std::function<void(GgufWriter&)>& change) {
            GgufWriter w = tiny_gguf("smollm", false);
            change(w);
            write_text(folder / "a.gguf", w.bytes());
            return read_backbone_config(folder / "a.gguf").rope_scaling;
        };
        QVERIFY(scaling([](GgufWriter&) {}).is_null());
        QVERIFY(scaling([](GgufWriter& w) { w.real("llama.rope.scale_linear", 1.0F); }).is_null());
        const Json linear = scaling([](GgufWriter& w) { w.real("llama.rope.scale_linear", 2.0F); });
        QCOMPARE(linear.at("rope_type"), Json("linear"));
        QCOMPARE(linear.at("factor"), Json(2.0));
        const Caught both = caught([&] {
            scaling([](GgufWriter& w) {
                w.real("llama.rope.scale_linear", 2.0F);
                w.text("llama.rope.scaling.type", "linear").real("llama.rope.scaling.factor", 4.0F);
            });
        });
        QVERIFY2(both.says("llama.rope.scale_linear") && both.says("contradicts"), both.message.c_str());
    }

    void rotaryRowsComeApart() {
        TemporaryFolder folder;
        write_text(folder / "tiny.gguf", tiny_gguf().bytes());
        const TensorFile file(folder / "tiny.gguf");
        const TensorEntry* q = file.find("model.layers.0.self_attn.q_proj.weight");
        const TensorEntry* v = file.find("model.layers.0.self_attn.v_proj.weight");
        QVERIFY(q && v && needs_float_rows(file, *q) && !needs_float_rows(file, *v));
        std::vector<float> rows(64);
        read_float_rows(file, *q, 0, 8, rows.data());
        // Row r of the file holds 8r, 8r+1, …; two heads of four rows: 0 2 1 3.
        const float order[] = {0, 2, 1, 3, 4, 6, 5, 7};
        for (std::size_t r = 0; r < 8; ++r)
            QCOMPARE(rows[r * 8], order[r] * 8);
        read_float_rows(file, *q, 5, 1, rows.data());
        QCOMPARE(rows[3], 51.0f); // row 6 of the file
    }

    void tokenizerAndImport() {
        TemporaryFolder folder;
        write_text(folder / "tiny.gguf", tiny_gguf().bytes());
        const auto inside = Tokenizer::load(folder / "tiny.gguf");
        const std::vector<std::int64_t> wanted = {0, 4, 3, 5, 5};
        QCOMPARE(inside->encode("<s>abc11").ids, wanted); // "ab" merges, digits stay alone
        QCOMPARE(inside->decode(wanted), std::string("abc11"));
        std::uint64_t last = 0, all = 1;
        std::filesystem::create_directory(folder / "out");
        convert_gguf(folder / "tiny.gguf", folder / "out", [&](std::uint64_t done, std::uint64_t total) {
            last = done;
            all = total;
            return true;
        });
        QCOMPARE(last, all);
        QCOMPARE(Tokenizer::load(folder / "out")->encode("<s>abc11").ids, wanted);
        QCOMPARE(read_backbone_config(folder / "out").raw, read_backbone_config(folder / "tiny.gguf").raw);
        const TensorFile own(folder / "tiny.gguf"), imported(folder / "out/model.safetensors");
        QCOMPARE(own.entries().size(), imported.entries().size());
        for (const TensorEntry& entry : own.entries()) {
            const TensorEntry* copy = imported.find(entry.name);
            QVERIFY(copy && copy->dtype == "F32" && copy->shape == entry.shape);
            std::vector<float> values(static_cast<std::size_t>(entry.elements()));
            read_float_rows(own, entry, 0, entry.shape.front(), values.data());
            QVERIFY(std::memcmp(values.data(), imported.data(*copy), values.size() * 4) == 0);
        }
        std::filesystem::create_directory(folder / "half");
        const Caught stopped = caught([&] {
            convert_gguf(folder / "tiny.gguf", folder / "half", [](std::uint64_t, std::uint64_t) { return false; });
        });
        QVERIFY(stopped.kind == ErrorKind::cancelled);
        QVERIFY(std::filesystem::is_empty(folder / "half")); // no file by halves
    }

    // 96 MB of weights come out of 14 MB; only pieces of them are ever in memory.
    void importHoldsLittleInMemory() {
        TemporaryFolder folder;
        constexpr std::int64_t width = 1024, wide = 8192;
        const auto blocks = [](std::int64_t rows, std::int64_t row) {
            return std::string(std::size_t(rows * row / 32 * 18), '\x11');
        };
        GgufWriter w;
        w.text("general.architecture", "llama").number("llama.block_count", 1).number("llama.context_length", 32);
        w.number("llama.embedding_length", width).number("llama.feed_forward_length", wide);
        w.number("llama.attention.head_count", 8).real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        w.text("tokenizer.ggml.model", "gpt2").texts("tokenizer.ggml.tokens", {"a"});
        w.stored("token_embd.weight", {1, width}, 2, blocks(1, width));
        w.stored("blk.0.ffn_gate.weight", {wide, width}, 2, blocks(wide, width));
        w.stored("blk.0.ffn_up.weight", {wide, width}, 2, blocks(wide, width));
        w.stored("blk.0.ffn_down.weight", {width, wide}, 2, blocks(width, wide));
        write_text(folder / "wide.gguf", w.bytes());
        w = {};
        const std::int64_t before = memory_kb("RssAnon");
        std::int64_t most = before;
        int calls = 0;
        std::filesystem::create_directory(folder / "out");
        const auto notes = convert_gguf(folder / "wide.gguf", folder / "out", [&](std::uint64_t, std::uint64_t) {
            most = std::max(most, memory_kb("RssAnon"));
            return ++calls > 0;
        });
        QVERIFY(before > 0 && calls >= 24);
        QVERIFY2(most - before < 16 * 1024, std::to_string(most - before).c_str()); // kB
        QVERIFY(std::filesystem::file_size(folder / "out/model.safetensors") > 96u << 20);
        QCOMPARE(notes.size(), std::size_t(1)); // tokenizer.ggml.pre is missing
    }

    void importsNoteAMissingPattern() {
        TemporaryFolder folder;
        set_home_folder(folder / "home");
        const auto canary = [](const std::filesystem::path&) { return Json{{"text", "a"}}; };
        write_text(folder / "named.gguf", tiny_gguf().bytes());
        write_text(folder / "nameless.gguf", tiny_gguf("").bytes());
        const BackboneRecord named = import_backbone(folder / "named.gguf", {}, canary, {});
        const BackboneRecord nameless = import_backbone(folder / "nameless.gguf", {}, canary, {});
        QCOMPARE(named.origin, std::string("GGUF F32"));
        QVERIFY(named.notes.empty());
        QCOMPARE(nameless.notes.size(), std::size_t(1));
        QVERIFY(nameless.notes[0].find("tokenizer.ggml.pre is missing") == 0);
        const auto stored = read_record(library_folder() / "nameless");
        QVERIFY(stored && stored->notes == nameless.notes && stored->files.size() == 4);
        QVERIFY(check_files(library_folder() / "nameless", *stored, {}).empty());
    }

    void hostileFilesCostLittle_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size()));
        };
        const auto counts = [](std::uint64_t tensors, std::uint64_t values) {
            return "GGUF" + GgufWriter::raw(std::uint32_t(3)) + GgufWriter::raw(tensors) + GgufWriter::raw(values);
        };
        row("2^60 tensors", counts(1ull << 60, 0));
        row("2^60 metadata", counts(0, 1ull << 60));
        row("all that is allowed", counts(65536, 65536));
        row("2^40 texts", GgufWriter().list("x", 8, 1ull << 40, "").bytes());
        row("4,000,000 texts that are not there", GgufWriter().list("x", 8, 4'000'000, "").bytes());
        row("2^61 numbers of 8 bytes", GgufWriter().list("x", 10, 1ull << 61, "").bytes());
        row("a text of 2^63 bytes", GgufWriter().value("x", 8, GgufWriter::raw(1ull << 63)).bytes());
        std::string deep;
        for (int i = 0; i < 1'000'000; ++i)
            deep += GgufWriter::raw(std::uint32_t(9)) + GgufWriter::raw(std::uint64_t(1));
        row("a million lists in each other", GgufWriter().value("x", 9, deep).bytes());
        row("2^50 values", tiny_gguf().tensor("x", {1ll << 25, 1ll << 25}, 0, 0).bytes());
        const auto sized = [](const char* key, std::uint32_t value) {
            GgufWriter w;
            w.text("general.architecture", "qwen2").tensor("token_embd.weight", {1, 1});
            for (const char* name :
                 {"block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count"})
                w.number("qwen2." + std::string(name), std::string(name) == key ? value : 1);
            return w.real("qwen2.attention.layer_norm_rms_epsilon", 1e-5f).bytes();
        };
        row("2^32 layers", sized("block_count", ~0u));
        row("2^32 wide", sized("embedding_length", ~0u));
        const auto words = [](const std::string& model, const auto& change) {
            GgufWriter w;
            w.text("general.architecture", "llama").text("tokenizer.ggml.model", model);
            change(w);
            return w.bytes();
        };
        row("a token of 24 MB",
            words("gpt2", [](GgufWriter& w) { w.texts("tokenizer.ggml.tokens", {std::string(24 << 20, 'a')}); }));
        row("3,000,000 tokens", words("gpt2", [](GgufWriter& w) {
                w.list("tokenizer.ggml.tokens", 8, 3'000'000, std::string(3'000'000 * 8, '\0'));
            }));
        row("1,500,000 empty merges", words("gpt2", [](GgufWriter& w) {
                w.texts("tokenizer.ggml.tokens", {"a"});
                w.list("tokenizer.ggml.merges", 8, 1'500'000, std::string(1'500'000 * 8, '\0'));
            }));
        row("pieces of pieces", words("llama", [](GgufWriter& w) {
                std::vector<std::string> pieces;
                for (std::size_t n = 1; n <= 2000; ++n)
                    pieces.push_back(std::string(n, 'a'));
                w.texts("tokenizer.ggml.tokens", pieces).reals("tokenizer.ggml.scores", std::vector<float>(2000));
            }));
    }
    void hostileFilesCostLittle() {
        QFETCH(QByteArray, bytes);
        TemporaryFolder folder;
        write_text(folder / "bad.gguf", {bytes.data(), std::size_t(bytes.size())});
        forget_peak();
        const std::int64_t before = memory_kb("VmRSS");
        const std::clock_t began = std::clock();
        const Caught weights = caught([&] { TensorFile file(folder / "bad.gguf"); });
        const Caught config = caught([&] { read_backbone_config(folder / "bad.gguf"); });
        const Caught words = caught([&] { Tokenizer::load(folder / "bad.gguf")->encode("aaaa"); });
        QVERIFY(weights.thrown || config.thrown || words.thrown);
        const double seconds = double(std::clock() - began) / CLOCKS_PER_SEC; // of computing; what hangs takes more
        QVERIFY2(seconds < 20, std::to_string(seconds).c_str());
        const std::int64_t growth = memory_kb("VmHWM") - before;
        QVERIFY2(before > 0 && growth < 200 * 1024, std::to_string(growth).c_str()); // kB
        for (const Caught& error : {weights, config, words})
            QVERIFY(!error.thrown || error.kind == ErrorKind::input);
    }

    void refuses_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const std::string& bytes, const char* says) {
            QTest::newRow(name) << QByteArray(bytes.data(), qsizetype(bytes.size())) << says;
        };
        const auto with = [](const auto& change) {
            GgufWriter writer = tiny_gguf();
            change(writer);
            return writer.bytes();
        };
        const std::string good = tiny_gguf().bytes();
        std::string changed = good;
        row("only the magic", "GGUF", "cut off");
        changed[4] = 1;
        row("version 1", changed, "version 1");
        changed.replace(4, 4, std::string("\0\0\0\3", 4));
        row("big-endian", changed, "big-endian");
        changed = good;
        changed[14] = '\x7f';
        row("tensor count", changed, "tensors");
        changed = good;
        changed[22] = '\x7f';
        row("metadata count", changed, "metadata");
        row("cut in the metadata", good.substr(0, 100), "cut off");
        row("cut in the data", good.substr(0, good.size() - 40), "ends at byte");
        row("key twice", with([](auto& w) { w.text("general.architecture", "llama"); }), "twice");
        row("tensor twice", with([](auto& w) { w.tensor("output_norm.weight", {8}); }), "twice");
        row("list of lists", with([](auto& w) { w.list("x", 9, 1, ""); }), "list of lists");
        row("unknown value type", with([](auto& w) { w.value("x", 77, ""); }), "unknown type 77");
        row("unknown list type", with([](auto& w) { w.list("x", 99, 1, ""); }), "unknown type 99");
        row("huge list", with([](auto& w) { w.list("x", 10, ~0ull / 2, ""); }), "claims");
        row("huge list of texts", with([](auto& w) { w.list("x", 8, 1ull << 40, ""); }), "claims");
        row("key with a line break", with([](auto& w) { w.text("a\nb", "c"); }), "characters");
        row("odd alignment", with([](auto& w) { w.number("general.alignment", 24); }), "power of two");
        row("no alignment", with([](auto& w) { w.number("general.alignment", 0); }), "power of two");
        row("five dimensions", with([](auto& w) { w.tensor("x", {1, 1, 1, 1, 1}); }), "5 dimensions");
        row("dimension of nothing", with([](auto& w) { w.tensor("x", {0}); }), "dimension of 0");
        row("shape overflows", with([](auto& w) { w.tensor("x", {1ll << 40, 1ll << 40}, 0, 0); }), "larger than");
        row("Q3_K", with([](auto& w) { w.tensor("x", {256}, 11); }), "stored as Q3_K; supported types are F32");
        row("type 77", with([](auto& w) { w.tensor("x", {32}, 77); }), "stored as type 77");
        row("half a block", with([](auto& w) { w.tensor("x", {16}, 8); }), "not a multiple of a block");
        row("overlap", with([](auto& w) { w.tensor("x", {8}, 0, 0); }), "overlap");
        row("outside", with([](auto& w) { w.tensor("x", {8}, 0, 1ll << 50); }), "ends at byte");
        row("crooked offset", with([](auto& w) { w.tensor("x", {8}, 0, 4); }), "alignment");
        row("other architecture", GgufWriter().text("general.architecture", "mamba").bytes(), "mamba");
        row("no architecture", GgufWriter().bytes(), "general.architecture");
    }
    void refuses() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, says);
        TemporaryFolder folder;
        write_text(folder / "bad.gguf", {bytes.data(), std::size_t(bytes.size())});
        const Caught error = caught([&] { TensorFile file(folder / "bad.gguf"); });
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        QVERIFY2(error.says(says.toStdString()), error.message.c_str());
        QVERIFY(error.says("bad.gguf") && !error.says("\n"));
    }
};

DIAPASON_TEST(TestGguf)
#include "test_gguf.moc"
