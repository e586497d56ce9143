// Llama (Touvron et al. 2023) and its kin (Mistral, SmolLM, Qwen2 with biases on q, k, v): pre-norm decoder, RMSNorm,
// rotary positions, SwiGLU, grouped-query attention.

#include "core/backbone/family.h"
#include "core/backbone/rotary_scaling.h"

namespace diapason {
namespace {

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
    if (in.flag("use_sliding_window", false))
        in.problem({"use_sliding_window", "true", "sliding windows are not supported", {}});
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
