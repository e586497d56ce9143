// Llama (Touvron et al. 2023) and its kin (Mistral, SmolLM, Qwen2 with biases on q, k, v): pre-norm decoder, RMSNorm,
// rotary positions, SwiGLU, grouped-query attention.

#include "core/backbone/family.h"
#include "core/backbone/rotary_scaling.h"

namespace diapason {
namespace {

// Which layers of Qwen2 have a window: what `layer_types` says, or those from `max_window_layers` on.
std::vector<bool> windowed_layers(ConfigReader& in, const BackboneConfig& c, bool window) {
    std::vector<bool> layers(static_cast<std::size_t>(c.layers));
    if (!in.has("layer_types")) {
        const bool all = in.has("max_window_layers") && c.raw.at("max_window_layers") == 0;
        const std::int64_t first = all ? 0 : in.size("max_window_layers", max_layers, 28);
        for (std::size_t i = 0; i < layers.size(); ++i)
            layers[i] = window && static_cast<std::int64_t>(i) >= first;
        return layers;
    }
    const Json& types = c.raw.at("layer_types");
    if (!types.is_array() || types.size() != layers.size()) {
        in.add("layer_types", types.dump(), "must be a list with one entry for each layer");
        return layers;
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
        layers[i] = types[i] == "sliding_attention";
        if (!layers[i] && types[i] != "full_attention")
            in.add("layer_types", types[i].dump(), "must be full_attention or sliding_attention");
        else if (layers[i] && !window)
            in.add("layer_types", types[i].dump(), "needs use_sliding_window and sliding_window");
    }
    return layers;
}

// Sliding windows as transformers reads them: Mistral has one of 4096 in every layer unless the file says otherwise
// (null: none), Qwen2 has one where use_sliding_window asks for it, Llama has none whatever the file says.
void read_windows(ConfigReader& in, BackboneConfig& c) {
    constexpr std::int64_t usual = 4096;
    const auto layers = static_cast<std::size_t>(c.layers);
    const bool none = c.raw.contains("sliding_window") && c.raw.at("sliding_window").is_null();
    if (c.model_type == "mistral" && !none) {
        c.windows.assign(layers, in.size("sliding_window", max_position_count, usual));
    } else if (c.model_type == "qwen2") {
        const bool window = in.flag("use_sliding_window", false) && !none;
        const std::vector<bool> windowed = windowed_layers(in, c, window);
        if (window) {
            const std::int64_t keys = in.size("sliding_window", max_position_count, usual);
            for (const bool here : windowed)
                c.windows.push_back(here ? keys : 0);
        }
    }
}

void read(ConfigReader& in, BackboneConfig& c) {
    read_sizes(in, c);
    c.max_positions = in.size("max_position_embeddings", max_position_count, 2048);
    c.activation = in.activation("hidden_act", "silu");
    c.norm = NormKind::rms_norm;
    c.norm_eps = in.real("rms_norm_eps", 1e-6, 0, 1);
    c.attention_dropout = in.real("attention_dropout", 0.0, 0, 1);
    c.pre_norm = c.gated_ffn = c.causal = true;
    c.tied_head = in.flag("tie_word_embeddings", false);
    // Qwen2 has biases on q, k and v only and no field that says so.
    const bool qwen2 = c.model_type == "qwen2";
    c.qkv_bias = qwen2 || in.flag("attention_bias", false);
    c.output_bias = !qwen2 && in.flag("attention_bias", false);
    c.ffn_bias = in.flag("mlp_bias", false);
    read_rotary(in, c);
    read_windows(in, c);
}

std::vector<StackLayout> stacks(const BackboneConfig& c) {
    StackLayout layout;
    layout.words = "model.embed_tokens";
    layout.layer = "model.layers.#.";
    layout.maps = {
        {"self_attn", "q", "self_attn.q_proj", c.qkv_bias}, {"self_attn", "k", "self_attn.k_proj", c.qkv_bias},
        {"self_attn", "v", "self_attn.v_proj", c.qkv_bias}, {"self_attn", "o", "self_attn.o_proj", c.output_bias},
        {"ffn", "gate", "mlp.gate_proj", c.ffn_bias},       {"ffn", "fc1", "mlp.up_proj", c.ffn_bias},
        {"ffn", "fc2", "mlp.down_proj", c.ffn_bias}};
    layout.self_norm = "input_layernorm";
    layout.ffn_norm = "post_attention_layernorm";
    layout.final_norm = "model.norm";
    layout.norm_bias = false;
    return {layout};
}

HeadLayout heads(const BackboneConfig&) {
    HeadLayout layout;
    layout.classifier = layout.tagger = "score";
    layout.classifier_bias = false;
    layout.span = "qa_outputs";
    layout.language = "lm_head";
    return layout;
}

CanonicalName canonical(const std::string& name) {
    if (name.find("rotary_emb.inv_freq") != std::string::npos) return {};
    for (const char* bare : {"layers.", "embed_tokens.", "norm."}) {
        if (name.rfind(bare, 0) == 0) return {"model." + name};
    }
    return {name};
}

} // namespace

BackboneFamily llama_family() {
    return {"llama", {"llama", "mistral", "qwen2", "smollm"}, read, stacks, heads, canonical};
}

} // namespace diapason
