// BERT (Devlin et al. 2019): post-norm encoder, learned absolute positions, token types, erf GELU.

#include "core/model/backbone.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>

#include <cmath>

namespace diapason {
namespace {

// Every linear map of a layer: point, sublayer, name in the file.
struct MapName {
    const char* sublayer;
    const char* point;
    const char* name;
};
constexpr MapName map_names[] = {
    {"self_attn", "q", "attention.self.query"}, {"self_attn", "k", "attention.self.key"},
    {"self_attn", "v", "attention.self.value"}, {"self_attn", "o", "attention.output.dense"},
    {"ffn", "fc1", "intermediate.dense"},       {"ffn", "fc2", "output.dense"}};

std::string layer_prefix(std::int64_t layer) {
    return "bert.encoder.layer." + std::to_string(layer) + ".";
}

class Bert : public Backbone {
public:
    Bert(const BackboneConfig& config, ParameterStore& store)
        : Backbone(config),
          m_layers(static_cast<std::size_t>(config.layers)) {
        set_words(store.at("bert.embeddings.word_embeddings.weight"));
        m_positions = &store.at("bert.embeddings.position_embeddings.weight");
        m_types = &store.at("bert.embeddings.token_type_embeddings.weight");
        m_norm = norm(store, "bert.embeddings.LayerNorm");
        for (std::int64_t i = 0; i < config.layers; ++i) {
            Layer& layer = m_layers[static_cast<std::size_t>(i)];
            const std::string prefix = layer_prefix(i);
            Linear* const maps[] = {&layer.attention.q, &layer.attention.k, &layer.attention.v,
                                    &layer.attention.o, &layer.ffn.fc1,     &layer.ffn.fc2};
            for (std::size_t m = 0; m < std::size(map_names); ++m) {
                maps[m]->weight = &store.at(prefix + map_names[m].name + ".weight");
                maps[m]->bias = &store.at(prefix + map_names[m].name + ".bias");
                add_linear(i, map_names[m].sublayer, map_names[m].point, *maps[m]);
            }
            layer.attention.shape = {config.heads, config.heads, config.head_width, false,
                                     1.0 / std::sqrt(static_cast<double>(config.head_width))};
            layer.attention.dropout = config.attention_dropout;
            layer.attention_norm = norm(store, prefix + "attention.output.LayerNorm");
            layer.ffn.activation = config.activation;
            layer.ffn_norm = norm(store, prefix + "output.LayerNorm");
        }
    }

protected:
    at::Tensor embed(const at::Tensor& words, const at::Tensor& positions, const at::Tensor& type_ids,
                     const ForwardState& state) override {
        const auto sum = words + look_up(m_types->value, type_ids) + look_up(m_positions->value, positions);
        return dropout(m_norm(sum), m_config.hidden_dropout, state.backbone_dropout);
    }

    at::Tensor layer(std::size_t index, const at::Tensor& x, const std::vector<std::int64_t>& offsets,
                     const RotaryAngles* angles, const ForwardState& state) override {
        Layer& layer = m_layers[index];
        const double p = m_config.hidden_dropout;
        const auto h =
            layer.attention_norm(x + dropout(layer.attention(x, offsets, angles, state), p, state.backbone_dropout));
        return layer.ffn_norm(h + dropout(layer.ffn(h, state), p, state.backbone_dropout));
    }

    at::Tensor finish(const at::Tensor& x) override { return x; }
    bool rotary() const override { return false; }

private:
    struct Layer {
        SelfAttention attention;
        Norm attention_norm;
        FeedForward ffn;
        Norm ffn_norm;
    };

    Norm norm(ParameterStore& store, const std::string& name) const {
        return {&store.at(name + ".weight"), &store.at(name + ".bias"), m_config.norm_eps};
    }

    Parameter* m_positions = nullptr;
    Parameter* m_types = nullptr;
    Norm m_norm;
    std::vector<Layer> m_layers;
};

std::vector<ExpectedTensor> tensors(const BackboneConfig& c) {
    std::vector<ExpectedTensor> list = {{"bert.embeddings.word_embeddings.weight", {c.vocabulary, c.width}},
                                        {"bert.embeddings.position_embeddings.weight", {c.max_positions, c.width}},
                                        {"bert.embeddings.token_type_embeddings.weight", {c.type_vocabulary, c.width}}};
    const auto norm = [&](const std::string& name) {
        list.push_back({name + ".weight", {c.width}});
        list.push_back({name + ".bias", {c.width}});
    };
    norm("bert.embeddings.LayerNorm");
    for (std::int64_t i = 0; i < c.layers; ++i) {
        for (const MapName& map : map_names) {
            const std::string point = map.point;
            const std::int64_t in = point == "fc2" ? c.ffn_width : c.width;
            const std::int64_t out = point == "fc1" ? c.ffn_width : c.width;
            list.push_back({layer_prefix(i) + map.name + ".weight", {out, in}});
            list.push_back({layer_prefix(i) + map.name + ".bias", {out}});
        }
        norm(layer_prefix(i) + "attention.output.LayerNorm");
        norm(layer_prefix(i) + "output.LayerNorm");
    }
    list.push_back({"bert.pooler.dense.weight", {c.width, c.width}, true});
    list.push_back({"bert.pooler.dense.bias", {c.width}, true});
    return list;
}

std::string canonical(const std::string& name) {
    std::string result = name;
    const auto starts = [&](const char* prefix) { return result.rfind(prefix, 0) == 0; };
    const auto ends = [&](const std::string& end) {
        return result.size() >= end.size() && result.compare(result.size() - end.size(), end.size(), end) == 0;
    };
    if (starts("embeddings.") || starts("encoder.") || starts("pooler.")) result = "bert." + result;
    if (ends("embeddings.position_ids") || starts("cls.seq_relationship.")) return "";
    // The decoder is the word embedding, its bias is cls.predictions.bias: old files hold copies.
    if (starts("cls.predictions.decoder.")) return "";
    if (ends(".gamma")) result = result.substr(0, result.size() - 5) + "weight";
    if (ends(".beta")) result = result.substr(0, result.size() - 4) + "bias";
    return result;
}

} // namespace

Family bert_family() {
    return {"bert", tensors, canonical,
            [](const BackboneConfig& config, ParameterStore& store) -> std::unique_ptr<Backbone> {
                return std::make_unique<Bert>(config, store);
            }};
}

} // namespace diapason
