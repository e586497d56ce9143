// A Hugging Face folder of a few kilobytes: a BERT with a word-piece tokenizer.
#pragma once

#include "core/backbone/family.h"
#include "core/backbone/tensor_file.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <string>
#include <vector>

namespace diapason::testing {

inline Json tiny_backbone_config() {
    return {{"model_type", "bert"},
            {"vocab_size", 40},
            {"hidden_size", 16},
            {"num_hidden_layers", 2},
            {"num_attention_heads", 4},
            {"intermediate_size", 24},
            {"max_position_embeddings", 64},
            {"type_vocab_size", 2},
            {"hidden_act", "gelu"},
            {"pad_token_id", 0}};
}

/// The tensors that `document` needs, filled with small numbers; `change` may add, drop or spoil some.
struct TinyTensor {
    std::string name, dtype = "F32";
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

inline std::vector<TinyTensor> tiny_tensors(const Json& document) {
    std::vector<TinyTensor> tensors;
    std::uint32_t state = 7;
    for (const ExpectedTensor& expected : backbone_tensors(parse_backbone_config(document, "tiny"))) {
        TinyTensor tensor{expected.name, "F32", expected.shape, {}};
        std::int64_t size = 1;
        for (const std::int64_t n : expected.shape)
            size *= n;
        for (std::int64_t i = 0; i < size; ++i) {
            state = state * 1664525 + 1013904223;
            tensor.values.push_back(0.2F * (static_cast<float>(state >> 8) / 8388608.0F - 1.0F));
        }
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

inline void write_tensors(const std::filesystem::path& file, const std::vector<TinyTensor>& tensors) {
    std::vector<TensorToWrite> list;
    for (const TinyTensor& tensor : tensors)
        list.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.values.data()});
    write_safetensors(file, list, {});
}

inline std::filesystem::path tiny_backbone(const std::filesystem::path& folder) {
    const Json document = tiny_backbone_config();
    write_text(folder / "config.json", document.dump());
    std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char c = 'a'; c <= 'z'; ++c)
        words += std::string(1, c) + "\n";
    write_text(folder / "vocab.txt", words);
    write_text(folder / "tokenizer_config.json", R"({"do_lower_case": true, "tokenizer_class": "BertTokenizer"})");
    write_text(folder / "README.md", "---\nlanguage: en\nlicense: apache-2.0\n---\nTiny.\n");
    write_tensors(folder / "model.safetensors", tiny_tensors(document));
    return folder;
}

/// Names and contents of a folder, to see that nothing has changed.
inline std::vector<std::string> listing(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& item : std::filesystem::directory_iterator(folder, error))
        names.push_back(item.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace diapason::testing
