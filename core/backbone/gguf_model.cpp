// What GGUF files of the llama.cpp project mean: architectures, metadata and tensor names in Hugging Face's words.

#include "core/backbone/gguf.h"
#include "core/backbone/gguf_blocks.h"
#include "core/base/error.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace diapason {
namespace fs = std::filesystem;
namespace {

struct Architecture {
    const char* name;       ///< general.architecture
    const char* model_type; ///< of config.json
    const char* class_name;
    bool rotary_pairs; ///< rows of q and k stand in pairs (i, i + half) of each head
    bool qkv_bias;
};
constexpr Architecture architectures[] = {{"llama", "llama", "LlamaForCausalLM", true, false},
                                          {"qwen2", "qwen2", "Qwen2ForCausalLM", false, true}};

const Architecture& architecture_of(const GgufHeader& header) {
    const auto name = header.text("general.architecture");
    if (!name) header.fail("general.architecture", "is missing");
    for (const Architecture& candidate : architectures) {
        if (*name == candidate.name) return candidate;
    }
    header.fail("general.architecture", "unsupported: this architecture is not read from GGUF files",
                name->substr(0, 64), "Choose from " + joined_by(architectures, &Architecture::name));
}

struct ModuleName {
    const char* gguf;
    const char* own;
};
constexpr ModuleName modules[] = {
    {"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}};
constexpr ModuleName layer_modules[] = {{"attn_norm", "input_layernorm"}, {"ffn_norm", "post_attention_layernorm"},
                                        {"attn_q", "self_attn.q_proj"},   {"attn_k", "self_attn.k_proj"},
                                        {"attn_v", "self_attn.v_proj"},   {"attn_output", "self_attn.o_proj"},
                                        {"ffn_gate", "mlp.gate_proj"},    {"ffn_up", "mlp.up_proj"},
                                        {"ffn_down", "mlp.down_proj"}};

template <std::size_t N>
const char* renamed(const ModuleName (&names)[N], std::string_view gguf) {
    for (const ModuleName& name : names) {
        if (gguf == name.gguf) return name.own;
    }
    return nullptr;
}

// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight"; names that are not known stay.
std::string own_name(const std::string& gguf) {
    const auto dot = gguf.rfind('.');
    if (dot == std::string::npos) return gguf;
    const std::string module = gguf.substr(0, dot), ending = gguf.substr(dot);
    if (module.rfind("blk.", 0) == 0) {
        const auto second = module.find('.', 4);
        if (second == std::string::npos) return gguf;
        const char* own = renamed(layer_modules, std::string_view(module).substr(second + 1));
        return own ? "model.layers." + module.substr(4, second - 4) + "." + own + ending : gguf;
    }
    const char* own = renamed(modules, module);
    return own ? own + ending : gguf;
}

std::int64_t needed(const GgufHeader& header, const std::string& key) {
    const auto value = header.integer(key);
    if (!value) header.fail(key, "is missing");
    if (*value < 1) header.fail(key, "must be a positive number", std::to_string(*value));
    return *value;
}

// Llama 3.1 and later keep their rotary scaling as one divisor for each frequency. All of those models use the same
// formula with these constants and differ in the factor; divisors that the formula does not give are refused.
Json scaling_from_divisors(const GgufHeader& header, const GgufTensor& tensor, double theta, std::int64_t head_width) {
    constexpr double low = 1, high = 4, original = 8192;
    const auto half = static_cast<std::size_t>(head_width / 2);
    if (tensor.dtype != "F32" || tensor.shape != std::vector<std::int64_t>{head_width / 2})
        header.fail(tensor.name, "must be an F32 tensor of half a head's width");
    std::vector<float> divisors(half);
    std::memcpy(divisors.data(), header.data(tensor), half * sizeof(float));
    const double factor = *std::max_element(divisors.begin(), divisors.end());
    for (std::size_t i = 0; i < half; ++i) {
        const double wavelength =
            2 * std::numbers::pi * std::pow(theta, 2.0 * static_cast<double>(i) / static_cast<double>(head_width));
        double expected = factor;
        if (wavelength < original / high)
            expected = 1;
        else if (wavelength <= original / low) {
            const double smooth = (original / wavelength - low) / (high - low);
            expected = 1 / ((1 - smooth) / factor + smooth);
        }
        if (!(std::abs(divisors[i] - expected) <= 1e-4 * expected))
            header.fail(tensor.name, "unsupported: rotary frequency divisors other than those of Llama 3",
                        std::to_string(i), "Use the Hugging Face folder of this model");
    }
    if (factor == 1) return nullptr;
    return {{"rope_type", "llama3"},
            {"factor", factor},
            {"low_freq_factor", low},
            {"high_freq_factor", high},
            {"original_max_position_embeddings", static_cast<std::int64_t>(original)}};
}

Json rotary_scaling(const GgufHeader& header, const std::string& prefix, double theta, std::int64_t head_width) {
    if (const GgufTensor* tensor = header.find_tensor("rope_freqs.weight"))
        return scaling_from_divisors(header, *tensor, theta, head_width);
    // Files of 2023 say the factor of a linear scaling by itself.
    const double linear = header.real(prefix + "rope.scale_linear").value_or(1.0);
    const std::string kind = header.text(prefix + "rope.scaling.type").value_or(linear == 1 ? "none" : "linear");
    if (linear != 1 && (kind != "linear" || header.has(prefix + "rope.scaling.factor")))
        header.fail(prefix + "rope.scale_linear", "contradicts " + prefix + "rope.scaling", Json(linear).dump());
    if (kind == "none") return nullptr;
    if (kind != "linear" && kind != "yarn")
        header.fail(prefix + "rope.scaling.type", "unsupported: unknown kind of rotary scaling", kind.substr(0, 64),
                    "Choose from none, linear, yarn");
    Json scaling = {{"rope_type", kind}, {"factor", header.real(prefix + "rope.scaling.factor").value_or(linear)}};
    if (const auto original = header.integer(prefix + "rope.scaling.original_context_length"))
        scaling["original_max_position_embeddings"] = *original;
    return scaling;
}

// The shortest decimal that is this float: 1e-05, not 9.999999747378752e-06.
double tidy(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.7g", value);
    const double shorter = std::strtod(text, nullptr);
    return static_cast<float>(shorter) == static_cast<float>(value) ? shorter : value;
}

} // namespace

Json gguf_config(const GgufHeader& header) {
    const Architecture& architecture = architecture_of(header);
    const std::string prefix = std::string(architecture.name) + ".";
    const std::int64_t width = needed(header, prefix + "embedding_length");
    const std::int64_t heads = needed(header, prefix + "attention.head_count");
    const std::int64_t kv_heads =
        header.has(prefix + "attention.head_count_kv") ? needed(header, prefix + "attention.head_count_kv") : heads;
    const std::int64_t head_width = header.integer(prefix + "attention.key_length").value_or(width / heads);
    const std::int64_t rotated = header.integer(prefix + "rope.dimension_count").value_or(head_width);
    if (rotated != head_width)
        header.fail(prefix + "rope.dimension_count", "unsupported: only a part of each head is rotated",
                    std::to_string(rotated));
    if (header.integer(prefix + "expert_count").value_or(0) > 0)
        header.fail(prefix + "expert_count", "unsupported: mixtures of experts");
    const GgufTensor* words = header.find_tensor("token_embd.weight");
    if (words == nullptr) header.fail("token_embd.weight", "this tensor is missing");
    const auto epsilon = header.real(prefix + "attention.layer_norm_rms_epsilon");
    if (!epsilon) header.fail(prefix + "attention.layer_norm_rms_epsilon", "is missing");
    const double theta = header.real(prefix + "rope.freq_base").value_or(10000.0);
    Json config = {{"architectures", {architecture.class_name}},
                   {"model_type", architecture.model_type},
                   {"vocab_size", words->shape.front()},
                   {"hidden_size", width},
                   {"intermediate_size", needed(header, prefix + "feed_forward_length")},
                   {"num_hidden_layers", needed(header, prefix + "block_count")},
                   {"num_attention_heads", heads},
                   {"num_key_value_heads", kv_heads},
                   {"head_dim", head_width},
                   {"hidden_act", "silu"},
                   {"max_position_embeddings", needed(header, prefix + "context_length")},
                   {"rms_norm_eps", tidy(*epsilon)},
                   {"rope_theta", tidy(theta)},
                   {"tie_word_embeddings", header.find_tensor("output.weight") == nullptr},
                   {"torch_dtype", "float32"}};
    const bool bias = header.find_tensor("blk.0.attn_output.bias") != nullptr;
    if (!architecture.qkv_bias) {
        config["attention_bias"] = bias;
        config["mlp_bias"] = header.find_tensor("blk.0.ffn_down.bias") != nullptr;
    }
    if (const Json scaling = rotary_scaling(header, prefix, theta, head_width); !scaling.is_null())
        config["rope_scaling"] = scaling;
    for (const auto& [key, field] :
         {std::pair("bos", "bos_token_id"), std::pair("eos", "eos_token_id"), std::pair("padding", "pad_token_id")}) {
        if (const auto id = header.integer("tokenizer.ggml." + std::string(key) + "_token_id")) config[field] = *id;
    }
    return config;
}

TensorTable read_gguf_table(const FileMapping& file, const std::string& name) {
    const GgufHeader header(file, name);
    const Architecture& architecture = architecture_of(header);
    TensorTable table;
    table.metadata["container"] = "gguf";
    if (architecture.rotary_pairs) {
        const std::string prefix = std::string(architecture.name) + ".attention.head_count";
        const std::int64_t heads = needed(header, prefix);
        table.metadata["rotary_pairs.q_proj"] = std::to_string(heads);
        table.metadata["rotary_pairs.k_proj"] = std::to_string(header.integer(prefix + "_kv").value_or(heads));
    }
    for (const GgufTensor& tensor : header.tensors()) {
        if (tensor.name == "rope_freqs.weight") continue; // read with the configuration
        table.entries.push_back({own_name(tensor.name), tensor.dtype, tensor.shape, tensor.begin, tensor.end});
    }
    return table;
}

std::optional<fs::path> gguf_of(const fs::path& path) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) return path.extension() == ".gguf" ? std::optional(path) : std::nullopt;
    if (!fs::is_directory(path, error) || fs::exists(path / "config.json", error)) return {};
    std::vector<fs::path> found;
    for (const auto& item : fs::directory_iterator(path, error)) {
        if (item.path().extension() == ".gguf" && item.is_regular_file(error)) found.push_back(item.path());
    }
    if (found.empty()) return {};
    if (found.size() > 1)
        throw input_error(path.string(), "contains " + std::to_string(found.size()) + " .gguf files and no config.json",
                          "Give the path of one of them");
    return found.front();
}

} // namespace diapason
