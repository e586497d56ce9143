// Files of a backbone that were damaged or made to harm: each is refused with one line that names the file, what is
// wrong in it and what to do, soon and without much memory. Broken headers of safetensors and torch files are in
// test_safetensors.cpp and test_torch_file.cpp too; those of spiece.model in test_sentencepiece.cpp.

#include "core/backbone/backbone_config.h"
#include "core/backbone/tensor_file.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_support.h"

#include <cstring>
#include <ctime>
#include <map>

using namespace diapason;
using namespace diapason::testing;

namespace {

using Files = std::map<std::string, std::string>;

#ifdef __SANITIZE_ADDRESS__
constexpr std::int64_t most_kb = 800 * 1024; // what is freed stays for a while, with zones around it
#else
constexpr std::int64_t most_kb = 200 * 1024;
#endif

struct BadFile {
    const char* name;
    std::string file; ///< that the message must name
    Files files;
    std::string reason; ///< that the message must hold
};

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

template <class T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string tensors(const std::string& header, std::size_t data_bytes = 8) {
    std::string text;
    put<std::uint64_t>(text, header.size());
    return text + header + std::string(data_bytes, '\1');
}

const std::string good_tensor = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

// One stored member, as torch.save writes it.
std::string archive(const std::string& pickle, std::uint16_t method = 0, std::uint32_t claimed = 0) {
    const std::string name = "a/data.pkl";
    std::string out, directory;
    for (std::string* part : {&out, &directory}) {
        put<std::uint32_t>(*part, part == &out ? 0x04034b50 : 0x02014b50);
        if (part == &directory) put<std::uint16_t>(*part, 20);
        put<std::uint16_t>(*part, 20);
        put<std::uint16_t>(*part, 0);
        put<std::uint16_t>(*part, method);
        put<std::uint32_t>(*part, 0);
        put<std::uint32_t>(*part, 0);
        put(*part, std::uint32_t(pickle.size()));
        put(*part, claimed != 0 ? claimed : std::uint32_t(pickle.size()));
        put(*part, std::uint16_t(name.size()));
        put<std::uint16_t>(*part, 0);
    }
    directory += std::string(14, '\0') + name;
    out += name + pickle;
    const auto place = std::uint32_t(out.size());
    out += directory;
    put<std::uint32_t>(out, 0x06054b50);
    put<std::uint32_t>(out, 0);
    put<std::uint16_t>(out, 1);
    put<std::uint16_t>(out, 1);
    put(out, std::uint32_t(directory.size()));
    put(out, place);
    put<std::uint16_t>(out, 0);
    return out;
}

// A BERT's config.json with one field more, which comes instead of the good one.
Files config(const std::string& field, const std::string& value) {
    Json document = {{"model_type", "bert"},         {"vocab_size", 60},         {"hidden_size", 16},
                     {"num_hidden_layers", 2},       {"num_attention_heads", 4}, {"intermediate_size", 24},
                     {"max_position_embeddings", 64}};
    document.erase(field);
    std::string text = document.dump();
    text.pop_back();
    if (!value.empty()) text += ",\"" + field + "\":" + value;
    return {{"config.json", text + "}"}};
}

std::vector<BadFile> bad_configs() {
    std::vector<BadFile> list;
    const auto add = [&](const char* name, const Files& files, const char* reason) {
        list.push_back({name, "config.json", files, reason});
    };
    const auto field = [&](const char* name, const char* key, const std::string& value, const char* reason) {
        add(name, config(key, value), reason);
    };
    add("config: absent", {}, "no such file");
    add("config: empty", {{"config.json", ""}}, "not valid JSON");
    add("config: cut off", {{"config.json", R"({"model_type": "bert", )"}}, "not valid JSON (line 1");
    add("config: a list", {{"config.json", "[]"}}, "is not a JSON object");
    add("config: a number", {{"config.json", "7"}}, "is not a JSON object");
    add("config: binary", {{"config.json", std::string("\xff\xfe{}", 4)}}, "not valid JSON");
    add("config: invalid UTF-8", {{"config.json", "{\"model_type\": \"b\xffrt\"}"}}, "not valid JSON");
    add("config: NaN", config("initializer_range", "NaN"), "not valid JSON");
    add("config: nested too deep",
        {{"config.json", "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"}}, "levels deep");
    add("config: a key twice", {{"config.json", R"({"model_type": "bert", "model_type": "gpt2"})"}}, "twice");
    add("config: larger than any", {{"config.json", std::string(2u << 20, ' ')}}, "more than the limit");
    add("config: a value of half a megabyte", config("hidden_size", "\"" + std::string(500'000, 'x') + "\""),
        "hidden_size");
    add("config: a NUL and more behind it",
        {{"config.json", config("hidden_size", "16").at("config.json") + std::string("\0{}", 3)}}, "NUL byte");
    field("config: a decoder", "is_decoder", "true", "is_decoder = true: unsupported");
    field("config: cross attention", "add_cross_attention", "true", "add_cross_attention = true: unsupported");
    field("config: no family", "model_type", "", "model_type");
    field("config: unknown family", "model_type", "\"mamba\"", "model_type = mamba");
    field("config: family of two lines", "model_type", R"("a\nb")", "model_type = a b");
    field("config: family is a number", "model_type", "4", "model_type");
    field("config: width missing", "hidden_size", "", "hidden_size: is missing");
    field("config: width negative", "hidden_size", "-16", "hidden_size = -16");
    field("config: width 0", "hidden_size", "0", "hidden_size = 0");
    field("config: width huge", "hidden_size", "1000000000000", "hidden_size = 1000000000000");
    field("config: width beyond 64 bits", "hidden_size", "99999999999999999999", "hidden_size");
    field("config: width fractional", "hidden_size", "16.5", "hidden_size = 16.5");
    field("config: width is a text", "hidden_size", "\"16\"", "hidden_size = \"16\"");
    field("config: width is a list", "hidden_size", "[16]", "hidden_size = [16]");
    field("config: layers huge", "num_hidden_layers", "1000000", "num_hidden_layers = 1000000");
    field("config: heads do not divide", "num_attention_heads", "3", "does not divide hidden_size 16");
    field("config: heads 0", "num_attention_heads", "0", "num_attention_heads = 0");
    field("config: vocabulary huge", "vocab_size", "4000000000", "vocab_size = 4000000000");
    field("config: positions huge", "max_position_embeddings", "99999999999", "max_position_embeddings");
    field("config: unknown activation", "hidden_act", "\"wobble\"", "hidden_act = wobble");
    field("config: activation is a number", "hidden_act", "3", "hidden_act = 3");
    field("config: dropout above 1", "hidden_dropout_prob", "1.5", "hidden_dropout_prob = 1.5");
    field("config: dropout infinite", "hidden_dropout_prob", "1e999", "not valid JSON");
    field("config: eps negative", "layer_norm_eps", "-1", "layer_norm_eps = -1");
    field("config: flag is a text", "tie_word_embeddings", "\"yes\"", "tie_word_embeddings");
    field("config: token is a text", "pad_token_id", "\"<pad>\"", "pad_token_id");
    field("config: relative positions", "position_embedding_type", "\"relative_key\"", "position_embedding_type");
    return list;
}

std::vector<BadFile> bad_weights() {
    std::vector<BadFile> list;
    const auto safe = [&](const char* name, const std::string& bytes, const char* reason) {
        list.push_back({name, "model.safetensors", {{"model.safetensors", bytes}}, reason});
    };
    const auto torch = [&](const char* name, const std::string& bytes, const char* reason) {
        list.push_back({name, "pytorch_model.bin", {{"pytorch_model.bin", bytes}}, reason});
    };
    const auto index = [&](const char* name, const std::string& text, const char* reason, const char* file) {
        list.push_back(
            {name, file, {{"model.safetensors.index.json", text}, {"one.safetensors", tensors(good_tensor)}}, reason});
    };
    safe("safetensors: empty", "", "is empty");
    safe("safetensors: a page of HTML", "<!DOCTYPE html><title>404</title>", "is not a safetensors file");
    safe("safetensors: a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\n",
         "is not a safetensors file");
    safe("safetensors: header of 2^63 bytes", std::string("\0\0\0\0\0\0\0\x80{}", 10), "claims 9223372036854775808");
    safe("safetensors: cut off", tensors(good_tensor, 3), "tensor \"a\" ends at byte 8 of 3");
    safe("safetensors: a name of two lines", tensors(R"({"a\nb":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})"),
         "tensor \"a b\"");
    safe("safetensors: a shape that overflows",
         tensors(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})"), "larger than any");
    safe("safetensors: a million dimensions",
         tensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[1" + repeated(",1", 1'000'000) + "],\"data_offsets\":[0,4]}}"),
         "more than 16 dimensions");
    safe("safetensors: an endless name", tensors("{\"" + std::string(1u << 20, 'n') + "\":{}}"), "4096 bytes");
    safe("safetensors: nested", tensors("{\"a\":" + repeated("{\"a\":", 100'000)), "the unknown field");
    index("index: not JSON", "{", "not valid JSON", "index.json");
    index("index: a list", "[]", "weight_map", "index.json");
    index("index: no map", "{}", "weight_map", "index.json");
    index("index: an empty map", R"({"weight_map":{}})", "weight_map", "index.json");
    index("index: the folder above", R"({"weight_map":{"a":"../one.safetensors"}})", "../one.safetensors",
          "index.json");
    index("index: an absolute path", R"({"weight_map":{"a":"/etc/passwd"}})", "/etc/passwd", "index.json");
    index("index: a hidden end", R"({"weight_map":{"a":"one.safetensors\u0000.bin"}})", "plain file name",
          "index.json");
    index("index: a name that no file can have", R"({"weight_map":{"a":")" + std::string(300, 'w') + R"("}})",
          "plain file name", "index.json");
    index("index: itself", R"({"weight_map":{"a":"model.safetensors.index.json"}})", "is not a safetensors file",
          "model.safetensors.index.json");
    index("index: the folder", R"({"weight_map":{"a":"."}})", "plain file name", "index.json");
    index("index: a shard that is absent", R"({"weight_map":{"a":"two.safetensors"}})", "No such file",
          "two.safetensors");
    index("index: another shard's tensor", R"({"weight_map":{"b":"one.safetensors"}})", "does not contain b",
          "index.json");
    index("index: a name twice", R"({"weight_map":{"a":"one.safetensors","a":"one.safetensors"}})", "twice",
          "index.json");
    torch("torch: os.system",
          archive("\x80\x02"
                  "cos\nsystem\nX\x04\x00\x00\x00true\x85R."),
          "cannot be read");
    torch("torch: builtins.eval",
          archive("\x80\x02"
                  "cbuiltins\neval\n)R."),
          "builtins.eval");
    torch("torch: eval by two texts",
          archive("\x80\x04\x8c\x08"
                  "builtins\x8c\x04"
                  "eval\x93)R."),
          "builtins.eval");
    torch("torch: a class of its own",
          archive("\x80\x02"
                  "cevil\nThing\n)\x81."),
          "evil.Thing");
    // Each step doubles what the last one holds.
    torch("torch: doubling lists", archive("\x80\x02]q\x01" + repeated("(h\x01h\x01lq\x01", 200) + "."), "opcode");
    torch("torch: tuples of tuples", archive("\x80\x02)" + repeated("2\x86", 100'000) + "."), "opcode");
    torch("torch: a memo without end", archive("\x80\x04}" + repeated("\x94", 5'000'000) + "."), "inconsistent");
    torch("torch: a list of one value without end",
          archive("\x80\x02K\x01q\x01]" +
                  repeated("h\x01"
                           "a",
                           5'000'000) +
                  "."),
          "contains too much");
    torch("torch: tuples of one value without end",
          archive("\x80\x02K\x01q\x01" + repeated("(h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01t", 800'000) + "."),
          "contains too much");
    torch("torch: a stack without end", archive("\x80\x02" + repeated("N", 5'000'000) + "."), "too deep");
    torch("torch: a text longer than the file",
          archive("\x80\x02X\xff\xff\xff\x7f"
                  "a."),
          "cut off");
    torch("torch: a zip bomb", archive("x", 8, 0xfffffff0u), "compressed");
    torch("torch: a zip in a zip", archive(archive("\x80\x02}.")), "opcode");
    torch("torch: the tar of old versions", std::string(257, 'a') + "ustar" + std::string(250, '\0'),
          "is not a safetensors file");
    torch("torch: the pickle of old versions", std::string("\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.", 16),
          "older than 1.6");
    torch("torch: cut off", archive("\x80\x02}.").substr(0, 60), "central directory");
    return list;
}

// A megabyte or more of what is small by itself: refused by its number or length, before all of it has been read.
std::vector<BadFile> bulky_weights() {
    std::vector<BadFile> list;
    const auto safe = [&](const char* name, const std::string& bytes, const char* reason) {
        list.push_back({name, "model.safetensors", {{"model.safetensors", bytes}}, reason});
    };
    const auto index = [&](const char* name, const std::string& text, const char* reason) {
        list.push_back({name,
                        "index.json",
                        {{"model.safetensors.index.json", text}, {"one.safetensors", tensors(good_tensor)}},
                        reason});
    };
    const auto many = [](std::size_t count, auto&& entry) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i)
            all += (i > 0 ? "," : "") + entry(std::to_string(i));
        return all;
    };
    const auto empty_tensor = [](const std::string& name) {
        return "\"" + name + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    };
    safe("safetensors: many tensors", tensors("{" + many(140'000, empty_tensor) + "}", 0), "more than 131072 tensors");
    safe("safetensors: much metadata",
         tensors(R"({"__metadata__":{)" +
                     many(100'000, [](const std::string& name) { return "\"" + name + R"(":"")"; }) + "}}",
                 0),
         "more than 4096 entries");
    index("index: many tensors",
          R"({"weight_map":{)" +
              many(140'000, [](const std::string& name) { return "\"" + name + R"(":"one.safetensors")"; }) + "}}",
          "names 140000 tensors");
    index("index: many files",
          R"({"weight_map":{)" +
              many(2000, [](const std::string& name) { return "\"" + name + "\":\"" + name + "\""; }) + "}}",
          "names 2000 files");
    index("index: larger than any", R"({"weight_map":{"a":"one.safetensors"}})" + std::string(17u << 20, ' '),
          "more than the limit");
    list.push_back({"torch: a long pickle",
                    "pytorch_model.bin",
                    {{"pytorch_model.bin", archive("\x80\x02" + repeated("N0", 17'000'000) + ".")}},
                    "more than the limit"});
    return list;
}

std::vector<BadFile> bad_tokenizers() {
    std::vector<BadFile> list;
    const auto json = [&](const char* name, const std::string& text, const char* reason) {
        list.push_back({name, "tokenizer.json", {{"tokenizer.json", text}}, reason});
    };
    json("tokenizer: empty", "", "not valid JSON");
    json("tokenizer: a list", "[]", "object");
    json("tokenizer: nested too deep", "{\"model\":" + repeated("[", 100'000), "levels deep");
    json("tokenizer: unknown model", R"({"model":{"type":"Magic","vocab":{}}})", "model.type = Magic");
    json("tokenizer: vocabulary with a hole", R"({"model":{"type":"WordPiece","vocab":{"a":0,"b":7000000000}}})",
         "model.vocab");
    json("tokenizer: a negative id", R"({"model":{"type":"WordPiece","vocab":{"a":-1}}})", "model.vocab");
    json("tokenizer: a fractional id", R"({"model":{"type":"BPE","vocab":{"a":0.5},"merges":[]}})", "model.vocab");
    json("tokenizer: a merge of unknown parts", R"({"model":{"type":"BPE","vocab":{"a":0},"merges":["b c"]}})",
         "model.merges");
    list.push_back({"vocab.txt: empty", "vocab.txt", {{"vocab.txt", ""}}, "[UNK]"});
    list.push_back({"vocab.txt: no special tokens", "vocab.txt", {{"vocab.txt", "a\nb\n"}}, "[UNK]"});
    list.push_back({"vocab.txt: a line that never ends", "vocab.txt", {{"vocab.txt", std::string(1u << 20, 'x')}}, ""});
    list.push_back({"vocab.json: a list", "vocab.json", {{"vocab.json", "[]"}, {"merges.txt", ""}}, ""});
    list.push_back({"vocab.json: not JSON", "vocab.json", {{"vocab.json", "{"}, {"merges.txt", ""}}, "not valid JSON"});
    list.push_back({"merges.txt: three parts",
                    "merges.txt",
                    {{"vocab.json", R"({"<|endoftext|>":0,"a":1,"b":2,"ab":3})"}, {"merges.txt", "a b ab\n"}},
                    ""});
    list.push_back({"merges.txt: unknown parts",
                    "merges.txt",
                    {{"vocab.json", R"({"<|endoftext|>":0,"a":1,"b":2})"}, {"merges.txt", "a b\n"}},
                    ""});
    list.push_back({"no tokenizer", "", {{"notes.txt", "none"}}, "Looked for"});
    return list;
}

void rows(const std::vector<BadFile>& list) {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < list.size(); ++i)
        QTest::newRow(list[i].name) << int(i);
}

template <class Open>
void refused(const BadFile& bad, Open&& open) {
    const TemporaryFolder folder;
    for (const auto& [name, content] : bad.files)
        write_text(folder / name, content);
    std::ofstream("/proc/self/clear_refs") << 5; // the peak counts from here
    const std::int64_t before = memory_kb("VmRSS");
    const std::clock_t began = std::clock();
    std::optional<ErrorDetails> details;
    std::string message;
    try {
        open(folder.path());
    } catch (const Error& error) {
        QCOMPARE(error.kind(), ErrorKind::input);
        details = error.details();
        message = error.what();
    }
    const double seconds = double(std::clock() - began) / CLOCKS_PER_SEC; // of computing; what hangs takes more
    const std::int64_t grown = memory_kb("VmHWM") - before;
    QVERIFY2(details.has_value(), "it was accepted");
    QVERIFY2(message.find(bad.file) != std::string::npos && message.find(bad.reason) != std::string::npos,
             message.substr(0, 500).c_str());
    QVERIFY2(message.find('\n') == std::string::npos && message.size() < 2500, message.substr(0, 500).c_str());
    QVERIFY2(!details->file.empty() && !details->remedy.empty(), message.substr(0, 500).c_str());
    QVERIFY2(seconds < 20, qPrintable(QString::number(seconds)));
    QVERIFY2(grown < most_kb, qPrintable(QString::number(grown)));
}

} // namespace

class TestBadFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void configs_data() { rows(bad_configs()); }
    void configs() {
        QFETCH(int, index);
        refused(bad_configs()[std::size_t(index)], [](const auto& folder) { read_backbone_config(folder); });
    }

    void weights_data() { rows(bad_weights()); }
    void weights() {
        QFETCH(int, index);
        refused(bad_weights()[std::size_t(index)], [](const auto& folder) { open_weights(folder); });
    }

    void bulk_data() { rows(bulky_weights()); }
    void bulk() {
        QFETCH(int, index);
        static const std::vector<BadFile> list = bulky_weights();
        refused(list[std::size_t(index)], [](const auto& folder) { open_weights(folder); });
    }

    // A header of 100 MB that takes no room on the disk.
    void headersAreMeasuredBeforeTheyAreRead() {
        const TemporaryFolder folder;
        std::string start;
        put<std::uint64_t>(start, 100'000'001);
        write_text(folder / "model.safetensors", start + "{");
        std::filesystem::resize_file(folder / "model.safetensors", 100'000'009);
        const Caught error = caught([&] { open_weights(folder.path()); });
        QVERIFY2(error.says("its header has 100000001 bytes, more than the limit"), error.message.c_str());
    }

    void tokenizers_data() { rows(bad_tokenizers()); }
    void tokenizers() {
        QFETCH(int, index);
        refused(bad_tokenizers()[std::size_t(index)], [](const auto& folder) { Tokenizer::load(folder); });
    }
};

DIAPASON_TEST(TestBadFiles)
#include "test_bad_files.moc"
