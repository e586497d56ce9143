// Llama (Touvron et al. 2023) and its kin (Mistral, SmolLM, Qwen2 with biases on q, k, v): pre-norm decoder, RMSNorm,
// rotary positions, SwiGLU, grouped-query attention.

#include "core/model/backbone.h"

#include <ATen/TensorOperators.h>

#include <cmath>

namespace diapason {
namespace {

struct MapName {
    const char* sublayer;
    const char* point;
    const char* name;
};
constexpr MapName map_names[] = {{"self_attn", "q", "self_attn.q_proj"}, {"self_attn", "k", "self_attn.k_proj"},
                                 {"self_attn", "v", "self_attn.v_proj"}, {"self_attn", "o", "self_attn.o_proj"},
                                 {"ffn", "gate", "mlp.gate_proj"},       {"ffn", "fc1", "mlp.up_proj"},
                                 {"ffn", "fc2", "mlp.down_proj"}};

std::string layer_prefix(std::int64_t layer) {
    return "model.layers." + std::to_string(layer) + ".";
}

bool has_bias(const BackboneConfig& c, const std::string& point) {
    if (point == "q" || point == "k" || point == "v") return c.qkv_bias;
    return point == "o" ? c.output_bias : c.ffn_bias;
}

class Llama : public Backbone {
public:
    Llama(const BackboneConfig& config, ParameterStore& store)
        : Backbone(config),
          m_layers(static_cast<std::size_t>(config.layers)) {
        set_words(store.at("model.embed_tokens.weight"));
        for (std::int64_t i = 0; i < config.layers; ++i) {
            Layer& layer = m_layers[static_cast<std::size_t>(i)];
            const std::string prefix = layer_prefix(i);
            Linear* const maps[] = {&layer.attention.q, &layer.attention.k, &layer.attention.v, &layer.attention.o,
                                    &layer.ffn.gate,    &layer.ffn.fc1,     &layer.ffn.fc2};
            for (std::size_t m = 0; m < std::size(map_names); ++m) {
                maps[m]->weight = &store.at(prefix + map_names[m].name + ".weight");
                if (has_bias(config, map_names[m].point))
                    maps[m]->bias = &store.at(prefix + map_names[m].name + ".bias");
                add_linear(i, map_names[m].sublayer, map_names[m].point, *maps[m]);
            }
            layer.attention.shape = {config.heads, config.kv_heads, config.head_width, true,
                                     1.0 / std::sqrt(static_cast<double>(config.head_width))};
            layer.attention.dropout = config.attention_dropout;
            layer.attention_norm = norm(store, prefix + "input_layernorm");
            layer.ffn.activation = config.activation;
            layer.ffn.gated = true;
            layer.ffn_norm = norm(store, prefix + "post_attention_layernorm");
        }
        m_norm = norm(store, "model.norm");
    }

protected:
    at::Tensor embed(const at::Tensor& words, const at::Tensor&, const at::Tensor&, const ForwardState&) override {
        return words;
    }

    at::Tensor layer(std::size_t index, const at::Tensor& x, const std::vector<std::int64_t>& offsets,
                     const RotaryAngles* angles, const ForwardState& state) override {
        Layer& layer = m_layers[index];
        const auto h = x + layer.attention(layer.attention_norm(x), offsets, angles, state);
        return h + layer.ffn(layer.ffn_norm(h), state);
    }

    at::Tensor finish(const at::Tensor& x) override { return m_norm(x); }
    bool rotary() const override { return true; }

private:
    struct Layer {
        SelfAttention attention;
        Norm attention_norm;
        FeedForward ffn;
        Norm ffn_norm;
    };

    Norm norm(ParameterStore& store, const std::string& name) const {
        return {&store.at(name + ".weight"), nullptr, m_config.norm_eps};
    }

    Norm m_norm;
    std::vector<Layer> m_layers;
};

std::vector<ExpectedTensor> tensors(const BackboneConfig& c) {
    std::vector<ExpectedTensor> list = {{"model.embed_tokens.weight", {c.vocabulary, c.width}}};
    for (std::int64_t i = 0; i < c.layers; ++i) {
        for (const MapName& map : map_names) {
            const std::string point = map.point;
            std::int64_t in = c.width;
            std::int64_t out = c.width;
            if (point == "q")
                out = c.heads * c.head_width;
            else if (point == "k" || point == "v")
                out = c.kv_heads * c.head_width;
            else if (point == "o")
                in = c.heads * c.head_width;
            else if (point == "fc2")
                in = c.ffn_width;
            else
                out = c.ffn_width;
            list.push_back({layer_prefix(i) + map.name + ".weight", {out, in}});
            if (has_bias(c, point)) list.push_back({layer_prefix(i) + map.name + ".bias", {out}});
        }
        list.push_back({layer_prefix(i) + "input_layernorm.weight", {c.width}});
        list.push_back({layer_prefix(i) + "post_attention_layernorm.weight", {c.width}});
    }
    list.push_back({"model.norm.weight", {c.width}});
    return list;
}

std::string canonical(const std::string& name) {
    if (name.find("rotary_emb.inv_freq") != std::string::npos) return "";
    for (const char* bare : {"layers.", "embed_tokens.", "norm."}) {
        if (name.rfind(bare, 0) == 0) return "model." + name;
    }
    return name;
}

} // namespace

Family llama_family() {
    return {"llama", tensors, canonical,
            [](const BackboneConfig& config, ParameterStore& store) -> std::unique_ptr<Backbone> {
                return std::make_unique<Llama>(config, store);
            }};
}

} // namespace diapason
