// BART (Lewis et al. 2020): encoder-decoder, post-norm, learned positions with an offset of 2, LayerNorm after the
// embeddings, a constant bias on the logits.

#include "core/backbone/family.h"

#include <cmath>

namespace diapason {
namespace {

constexpr std::int64_t offset = 2; // the position table has two rows more than positions

void read(ConfigReader& in, BackboneConfig& c) {
    read_labels(in, c);
    c.encoder_decoder = true;
    c.width = in.size("d_model", max_width);
    c.layers = in.size("encoder_layers", max_layers);
    c.decoder_layers = in.size("decoder_layers", max_layers, c.layers);
    c.heads = c.kv_heads = in.size("encoder_attention_heads", 4096);
    c.decoder_heads = in.size("decoder_attention_heads", 4096, c.heads);
    for (const auto& [name, heads] :
         {std::pair{"encoder_attention_heads", c.heads}, std::pair{"decoder_attention_heads", c.decoder_heads}}) {
        if (c.width % heads != 0)
            in.add(name, std::to_string(heads), "does not divide d_model " + std::to_string(c.width));
    }
    c.head_width = std::max<std::int64_t>(1, c.width / c.heads);
    c.ffn_width = in.size("encoder_ffn_dim", 16 * max_width);
    c.decoder_ffn_width = in.size("decoder_ffn_dim", 16 * max_width, c.ffn_width);
    c.max_positions = in.size("max_position_embeddings", max_position_count, 1024);
    c.position_offset = offset;
    c.activation = in.activation("activation_function", "gelu");
    c.norm_eps = 1e-5;
    c.initializer_range = in.real("init_std", 0.02, 0, 10);
    c.embedding_dropout = c.hidden_dropout = in.real("dropout", 0.1, 0, 1);
    c.attention_dropout = in.real("attention_dropout", 0.0, 0, 1);
    c.ffn_dropout = in.real("activation_dropout", 0.0, 0, 1);
    if (in.flag("scale_embedding", false)) c.embedding_scale = std::sqrt(static_cast<double>(c.width));
    c.tied_head = in.flag("tie_word_embeddings", true);
    c.decoder_start_id = in.token("decoder_start_token_id");
    if (c.decoder_start_id < 0) c.decoder_start_id = c.eos_id;
}

StackLayout stack(const BackboneConfig& c, const std::string& name, bool decoder) {
    StackLayout layout;
    layout.words = "model.shared";
    layout.positions = "model." + name + ".embed_positions";
    layout.position_rows = c.max_positions + offset;
    layout.embedding_norm = "model." + name + ".layernorm_embedding";
    layout.layer = "model." + name + ".layers.#.";
    const auto attention = [&](const std::string& sublayer, const std::string& module) {
        for (const char* point : {"q", "k", "v"})
            layout.maps.push_back({sublayer, point, module + "." + point + "_proj"});
        layout.maps.push_back({sublayer, "o", module + ".out_proj"});
    };
    attention("self_attn", "self_attn");
    if (decoder) attention("cross_attn", "encoder_attn");
    layout.maps.push_back({"ffn", "fc1", "fc1"});
    layout.maps.push_back({"ffn", "fc2", "fc2"});
    layout.self_norm = "self_attn_layer_norm";
    if (decoder) layout.cross_norm = "encoder_attn_layer_norm";
    layout.ffn_norm = "final_layer_norm";
    return layout;
}

std::vector<StackLayout> stacks(const BackboneConfig& c) {
    return {stack(c, "encoder", false), stack(c, "decoder", true)};
}

HeadLayout heads(const BackboneConfig&) {
    HeadLayout layout;
    layout.language = "lm_head";
    layout.language_bias = "final_logits_bias";
    return layout;
}

CanonicalName canonical(const std::string& file_name) {
    std::string name = file_name;
    for (const char* bare : {"encoder.", "decoder.", "shared."}) {
        if (name.rfind(bare, 0) == 0) name = "model." + name;
    }
    if (name == "model.encoder.embed_tokens.weight" || name == "model.decoder.embed_tokens.weight")
        return {"model.shared.weight", true};
    return {name};
}

} // namespace

BackboneFamily bart_family() {
    return {"bart", {"bart"}, read, stacks, heads, canonical};
}

} // namespace diapason
