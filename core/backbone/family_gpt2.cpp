// GPT-2 (Radford et al. 2019): pre-norm decoder, learned positions, q, k and v in one tensor, weights stored [in, out].

#include "core/backbone/family.h"

namespace diapason {
namespace {

void read(ConfigReader& in, BackboneConfig& c) {
    read_labels(in, c);
    c.layers = in.size("n_layer", max_layers);
    c.width = in.size("n_embd", max_width);
    c.heads = c.kv_heads = in.size("n_head", 4096);
    c.head_width = std::max<std::int64_t>(1, c.width / c.heads);
    if (c.width % c.heads != 0)
        in.add("n_head", std::to_string(c.heads), "does not divide n_embd " + std::to_string(c.width));
    c.ffn_width = in.size("n_inner", 16 * max_width, 4 * c.width);
    c.max_positions = in.size("n_positions", max_position_count, in.size("n_ctx", max_position_count, 1024));
    c.activation = in.activation("activation_function", "gelu_new");
    c.norm_eps = in.real("layer_norm_epsilon", 1e-5, 0, 1);
    c.initializer_range = in.real("initializer_range", 0.02, 0, 10);
    c.embedding_dropout = in.real("embd_pdrop", 0.1, 0, 1);
    c.hidden_dropout = in.real("resid_pdrop", 0.1, 0, 1);
    c.attention_dropout = in.real("attn_pdrop", 0.1, 0, 1);
    c.tied_head = in.flag("tie_word_embeddings", true);
    c.pre_norm = c.causal = true;
    if (!in.flag("scale_attn_weights", true)) c.attention_scale = 1;
    c.scale_by_layer = in.flag("scale_attn_by_inverse_layer_idx", false);
    refuse_true(in, "add_cross_attention", "cross attention is not supported in this family");
}

std::vector<StackLayout> stacks(const BackboneConfig& c) {
    StackLayout layout;
    layout.words = "transformer.wte";
    layout.positions = "transformer.wpe";
    layout.position_rows = c.max_positions;
    layout.layer = "transformer.h.#.";
    layout.maps = {{"self_attn", "q", "attn.c_attn", true, 0, 3},
                   {"self_attn", "k", "attn.c_attn", true, 1, 3},
                   {"self_attn", "v", "attn.c_attn", true, 2, 3},
                   {"self_attn", "o", "attn.c_proj"},
                   {"ffn", "fc1", "mlp.c_fc"},
                   {"ffn", "fc2", "mlp.c_proj"}};
    layout.self_norm = "ln_1";
    layout.ffn_norm = "ln_2";
    layout.final_norm = "transformer.ln_f";
    layout.input_major_maps = true;
    layout.pad_learns = true;
    return {layout};
}

HeadLayout heads(const BackboneConfig&) {
    HeadLayout layout;
    layout.classifier = "score";
    layout.classifier_bias = false;
    layout.tagger = "classifier";
    layout.span = "qa_outputs";
    layout.language = "lm_head";
    return layout;
}

CanonicalName canonical(const std::string& file_name) {
    std::string name = file_name;
    for (const char* bare : {"h.", "wte.", "wpe.", "ln_f."}) {
        if (name.rfind(bare, 0) == 0) name = "transformer." + name;
    }
    // Causal masks, not biases.
    if (name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias")) return {};
    return {name};
}

} // namespace

BackboneFamily gpt2_family() {
    return {"gpt2", {"gpt2"}, read, stacks, heads, canonical};
}

} // namespace diapason
