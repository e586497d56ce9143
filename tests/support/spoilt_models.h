// Folders of small models that were spoilt, each kind in one way.
#pragma once

#include "tests/support/gguf_writer.h"
#include "tests/support/mutations.h"
#include "tests/support/tiny_backbone.h"
#include "tests/support/torch_archive.h"

#include <filesystem>
#include <string>

namespace diapason::testing {

inline const Json& small_tokenizer() {
    static const Json document = parse_json(R"json({
        "added_tokens": [{"id": 0, "content": "<x>", "special": true}],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "_"}, {"type": "Prepend", "prepend": "_"}]},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "_?[a-z]+|\\s+(?!\\S)"}, "behavior": "Isolated"},
        "model": {"type": "BPE", "unk_token": "<x>", "merges": ["_ a", "a b"],
                  "vocab": {"<x>": 0, "_": 1, "a": 2, "b": 3, "ab": 4, "_a": 5}},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<x>"}}, {"Sequence": {"id": "A"}}],
            "pair": [{"Sequence": {"id": "A"}}, {"Sequence": {"id": "B"}}],
            "special_tokens": {"<x>": {"id": "<x>", "ids": [0]}}},
        "decoder": {"type": "Replace", "pattern": {"String": "_"}, "content": " "}})json",
                                            "tokenizer");
    return document;
}

inline void only_tokenizer_json(const std::filesystem::path& folder, const std::string& text) {
    std::filesystem::remove(folder / "vocab.txt");
    write_text(folder / "tokenizer.json", text);
}

inline void only_torch_file(const std::filesystem::path& folder, const std::string& bytes) {
    std::filesystem::remove(folder / "model.safetensors");
    write_text(folder / "pytorch_model.bin", bytes);
}

/// What makes a bad folder of a good one (tiny_backbone).
struct ModelKind {
    const char* name;
    void (*spoil)(const std::filesystem::path& folder, Mutator& mutator);
};
inline const ModelKind model_kinds[] = {
    {"safetensors header",
     [](const std::filesystem::path& f, Mutator& m) {
         write_text(f / "model.safetensors", m.changed_header(content(f / "model.safetensors")));
     }},
    {"safetensors bytes",
     [](const std::filesystem::path& f, Mutator& m) {
         write_text(f / "model.safetensors", m.changed(content(f / "model.safetensors")));
     }},
    {"safetensors values",
     [](const std::filesystem::path& f, Mutator& m) {
         write_text(f / "model.safetensors", m.changed_values(content(f / "model.safetensors")));
     }},
    {"many tensors",
     [](const std::filesystem::path& f, Mutator& m) {
         std::string header = "{";
         for (std::size_t i = 0, count = 30'000 + m.below(300'000); i < count; ++i)
             header +=
                 (i > 0 ? ",\"t" : "\"t") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
         header += '}';
         const std::uint64_t length = header.size();
         write_text(f / "model.safetensors", GgufWriter::raw(length) + header);
     }},
    {"index of shards",
     [](const std::filesystem::path& f, Mutator& m) {
         std::filesystem::rename(f / "model.safetensors", f / "one.safetensors");
         Json map = Json::object();
         for (const TinyTensor& tensor : tiny_tensors(tiny_backbone_config()))
             map[tensor.name] = "one.safetensors";
         write_text(f / "model.safetensors.index.json", m.changed_json({{"weight_map", map}}));
     }},
    {"config.json", [](const std::filesystem::path& f,
                       Mutator& m) { write_text(f / "config.json", m.changed_json(tiny_backbone_config())); }},
    {"config.json of many labels",
     [](const std::filesystem::path& f, Mutator& m) {
         std::string labels;
         for (std::size_t i = 0, count = 10'000 + m.below(50'000); i < count; ++i)
             labels += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"l\"";
         Json config = tiny_backbone_config();
         config["id2label"] = 0;
         std::string text = config.dump();
         text.replace(text.rfind('0'), 1, "{" + labels + "}");
         write_text(f / "config.json", text);
     }},
    {"vocab.txt", [](const std::filesystem::path& f,
                     Mutator& m) { write_text(f / "vocab.txt", m.changed(content(f / "vocab.txt"))); }},
    {"tokenizer.json",
     [](const std::filesystem::path& f, Mutator& m) { only_tokenizer_json(f, m.changed_json(small_tokenizer())); }},
    {"growing tokenizer",
     [](const std::filesystem::path& f, Mutator& m) {
         Json document = small_tokenizer();
         Json& steps = document["normalizer"]["normalizers"];
         for (std::size_t i = 0, count = 5 + m.below(60); i < count; ++i)
             steps.push_back(
                 {{"type", "Replace"}, {"pattern", {{"String", "e"}}}, {"content", std::string(1 + m.below(6), 'e')}});
         only_tokenizer_json(f, document.dump());
     }},
    {"backtracking tokenizer",
     [](const std::filesystem::path& f, Mutator& m) {
         static const char* const endless[] = {"(e+)+b|(\\p{L}+)+1", "(.|.)*1", "((.+)+)+1", "(?=(\\w+\\s*)+1)a"};
         Json document = small_tokenizer();
         document["pre_tokenizer"]["pattern"]["Regex"] = m.one_of(endless);
         only_tokenizer_json(f, document.dump());
     }},
    {"torch file", [](const std::filesystem::path& f,
                      Mutator& m) { only_torch_file(f, m.changed(torch_file(tiny_tensors(tiny_backbone_config())))); }},
    {"GGUF",
     [](const std::filesystem::path& f, Mutator& m) {
         for (const auto& item : std::filesystem::directory_iterator(f))
             std::filesystem::remove(item.path());
         // Mostly what stands before the tensors.
         const std::string bytes = tiny_gguf().bytes();
         const std::size_t front = m.below(4) == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1600);
         write_text(f / "model.gguf", m.changed(bytes.substr(0, front)) + bytes.substr(front));
     }},
};

} // namespace diapason::testing
