// T5 (Raffel et al. 2020), v1.0 and v1.1: encoder-decoder, pre-norm with RMSNorm, relative position buckets in place of
// positions, no biases, no scaling of q·k.

#include "core/backbone/family.h"

#include <cmath>

namespace diapason {
namespace {

void read(ConfigReader& in, BackboneConfig& c) {
    read_labels(in, c);
    c.encoder_decoder = c.pre_norm = true;
    c.width = in.size("d_model", max_width);
    c.layers = in.size("num_layers", max_layers);
    c.decoder_layers = in.size("num_decoder_layers", max_layers, c.layers);
    c.heads = c.kv_heads = c.decoder_heads = in.size("num_heads", 4096);
    c.head_width = in.size("d_kv", max_width, std::max<std::int64_t>(1, c.width / c.heads));
    c.ffn_width = c.decoder_ffn_width = in.size("d_ff", 16 * max_width);
    c.norm = NormKind::rms_norm;
    c.norm_eps = in.real("layer_norm_epsilon", 1e-6, 0, 1);
    c.qkv_bias = c.output_bias = c.ffn_bias = false;
    c.attention_scale = 1;
    c.positions = PositionKind::relative;
    c.relative_buckets = in.size("relative_attention_num_buckets", 65536, 32);
    c.relative_max_distance = in.size("relative_attention_max_distance", max_position_count, 128);
    c.max_positions = in.size("n_positions", max_position_count, 512);
    const double p = in.real("dropout_rate", 0.1, 0, 1);
    c.embedding_dropout = c.hidden_dropout = c.attention_dropout = c.ffn_dropout = c.final_dropout = p;
    c.initializer_range = 0.02;
    c.decoder_start_id = in.token("decoder_start_token_id");
    if (c.decoder_start_id < 0) c.decoder_start_id = std::max<std::int64_t>(0, c.pad_id);
    // "gated-gelu" means the tanh GELU, whatever dense_act_fn says in old files.
    const std::string feed_forward = in.text("feed_forward_proj", "relu");
    std::string act = feed_forward;
    c.gated_ffn = strip_prefix(act, "gated-");
    if (feed_forward == "gated-gelu") act = "gelu_new";
    const Json named = {{"feed_forward_proj", act}};
    c.activation = ConfigReader(named, in.problems()).activation("feed_forward_proj", "relu");
    c.tied_head = in.flag("tie_word_embeddings", true);
    // Whether logits are scaled is a field of its own in newer files; older ones of T5 scale when the head is tied.
    if (in.flag("scale_decoder_outputs", c.tied_head && c.model_type != "mt5"))
        c.output_scale = 1 / std::sqrt(static_cast<double>(c.width));
}

StackLayout stack(const BackboneConfig& c, const std::string& name, bool decoder) {
    StackLayout layout;
    layout.words = "shared";
    layout.layer = name + ".block.#.";
    const auto attention = [&](const std::string& sublayer, const std::string& module) {
        for (const char* point : {"q", "k", "v", "o"})
            layout.maps.push_back({sublayer, point, module + "." + point, false});
    };
    attention("self_attn", "layer.0.SelfAttention");
    if (decoder) attention("cross_attn", "layer.1.EncDecAttention");
    const std::string last = decoder ? "layer.2" : "layer.1";
    const std::string ffn = last + ".DenseReluDense.";
    if (c.gated_ffn) {
        layout.maps.push_back({"ffn", "gate", ffn + "wi_0", false});
        layout.maps.push_back({"ffn", "fc1", ffn + "wi_1", false});
    } else {
        layout.maps.push_back({"ffn", "fc1", ffn + "wi", false});
    }
    layout.maps.push_back({"ffn", "fc2", ffn + "wo", false});
    layout.self_norm = "layer.0.layer_norm";
    if (decoder) layout.cross_norm = "layer.1.layer_norm";
    layout.ffn_norm = last + ".layer_norm";
    layout.final_norm = name + ".final_layer_norm";
    layout.relative_bias = name + ".block.0.layer.0.SelfAttention.relative_attention_bias";
    layout.norm_bias = false;
    layout.pad_learns = true;
    return layout;
}

std::vector<StackLayout> stacks(const BackboneConfig& c) {
    return {stack(c, "encoder", false), stack(c, "decoder", true)};
}

HeadLayout heads(const BackboneConfig&) {
    HeadLayout layout;
    layout.language = "lm_head";
    return layout;
}

CanonicalName canonical(const std::string& file_name) {
    std::string name = file_name;
    strip_prefix(name, "transformer."); // AdapterHub's own models
    if (name == "encoder.embed_tokens.weight" || name == "decoder.embed_tokens.weight") return {"shared.weight", true};
    if (name.find("EncDecAttention.relative_attention_bias") != std::string::npos) return {};
    return {name};
}

} // namespace

BackboneFamily t5_family() {
    return {"t5", {"t5", "mt5"}, read, stacks, heads, canonical};
}

} // namespace diapason
