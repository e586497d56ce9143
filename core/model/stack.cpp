#include "core/model/stack.h"

#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diapason {
namespace {

Linear* map_of(Layer& layer, const std::string& sublayer, const std::string& point) {
    for (const auto& [candidate, name, linear] : linears_of(layer)) {
        if (candidate == sublayer && name == point) return linear;
    }
    throw std::logic_error("no map " + sublayer + "." + point);
}

// Token vectors, positions and types of a stack's input, with the rows of a prompt in front of every sequence.
struct Input {
    at::Tensor words, positions, types;
};

// The one place where virtual tokens enter: rows are picked from [prompt; tokens], so that positions, offsets and label
// rows follow by arithmetic.
void insert_prompt(Input& input, EmbeddingDelta& prompt, const PackedTokens& tokens, StackStates& out) {
    const std::int64_t length = out.prompt = prompt.length();
    std::vector<std::int64_t> pick;
    for (std::size_t s = 0; s + 1 < tokens.offsets.size(); ++s) {
        for (std::int64_t i = 0; i < length; ++i)
            pick.push_back(i);
        for (std::int64_t i = tokens.offsets[s]; i < tokens.offsets[s + 1]; ++i)
            pick.push_back(length + i);
        out.offsets[s + 1] = tokens.offsets[s + 1] + static_cast<std::int64_t>(s + 1) * length;
    }
    const at::Tensor index = index_tensor(pick, input.words.device());
    input.words = select_rows(at::cat({prompt.rows(), input.words}), index);
    input.positions =
        select_rows(at::cat({at::arange(length, input.positions.options()), input.positions + length}), index);
    input.types = select_rows(at::cat({at::zeros({length}, input.types.options()), input.types}), index);
}

std::int64_t longest(const std::vector<std::int64_t>& offsets) {
    std::int64_t length = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        length = std::max(length, offsets[s + 1] - offsets[s]);
    return length;
}

// The order that puts the new rows of each sequence behind its cached ones. @param keys becomes the offsets of both
at::Tensor joined_rows(const std::vector<std::int64_t>& cached, const std::vector<std::int64_t>& fresh,
                       std::vector<std::int64_t>& keys, at::Device device) {
    std::vector<std::int64_t> rows;
    keys = {0};
    for (std::size_t s = 0; s + 1 < fresh.size(); ++s) {
        for (std::int64_t row = cached[s]; row < cached[s + 1]; ++row)
            rows.push_back(row);
        for (std::int64_t row = fresh[s]; row < fresh[s + 1]; ++row)
            rows.push_back(cached.back() + row);
        keys.push_back(static_cast<std::int64_t>(rows.size()));
    }
    return index_tensor(rows, device);
}

} // namespace

std::vector<std::tuple<std::string, std::string, Linear*>> linears_of(Layer& layer) {
    std::vector<std::tuple<std::string, std::string, Linear*>> list;
    const auto attention = [&](const char* sublayer, Attention& a) {
        list.emplace_back(sublayer, "q", &a.q);
        list.emplace_back(sublayer, "k", &a.k);
        list.emplace_back(sublayer, "v", &a.v);
        list.emplace_back(sublayer, "o", &a.o);
    };
    attention("self_attn", layer.self);
    if (layer.has_cross) attention("cross_attn", layer.cross);
    if (layer.ffn.gated) list.emplace_back("ffn", "gate", &layer.ffn.gate);
    list.emplace_back("ffn", "fc1", &layer.ffn.fc1);
    list.emplace_back("ffn", "fc2", &layer.ffn.fc2);
    return list;
}

Attention& attention_of(Layer& layer, const std::string& sublayer) {
    if (sublayer == "self_attn") return layer.self;
    if (sublayer == "cross_attn" && layer.has_cross) return layer.cross;
    throw std::logic_error("no attention " + sublayer);
}

Stack build_stack(const BackboneConfig& config, const StackShape& shape, const StackLayout& layout,
                  ParameterStore& store) {
    Stack stack;
    stack.config = &config;
    stack.shape = shape;
    const auto table = [&](const std::string& name) { return name.empty() ? nullptr : &store.at(name + ".weight"); };
    const auto norm = [&](const std::string& name) {
        if (name.empty()) return Norm{};
        return Norm{&store.at(name + ".weight"), layout.norm_bias ? &store.at(name + ".bias") : nullptr,
                    config.norm_eps};
    };
    stack.words = table(layout.words);
    stack.positions = table(layout.positions);
    stack.types = table(layout.types);
    stack.relative = table(layout.relative_bias);
    stack.embedding_norm = norm(layout.embedding_norm);
    stack.final_norm = norm(layout.final_norm);
    const double scale =
        config.attention_scale > 0 ? config.attention_scale : 1.0 / std::sqrt(static_cast<double>(shape.head_width));
    stack.layers.resize(static_cast<std::size_t>(shape.layers));
    for (std::size_t i = 0; i < stack.layers.size(); ++i) {
        Layer& layer = stack.layers[i];
        const std::string prefix = in_layer(layout.layer, static_cast<std::int64_t>(i));
        layer.has_cross = shape.cross;
        layer.ffn.gated = config.gated_ffn;
        layer.ffn.activation = config.activation;
        layer.ffn.dropout = config.ffn_dropout;
        for (const MapLayout& map : layout.maps) {
            Linear& linear = *map_of(layer, map.sublayer, map.point);
            linear.weight = &store.at(prefix + map.name + ".weight");
            linear.bias = map.bias ? &store.at(prefix + map.name + ".bias") : nullptr;
            linear.input_major = layout.input_major_maps;
            linear.part = map.part;
            linear.parts = map.parts;
        }
        layer.self.shape = {shape.heads, shape.kv_heads, shape.head_width, shape.causal, scale};
        layer.cross.shape = {shape.heads, shape.kv_heads, shape.head_width, false, scale};
        layer.self.dropout = layer.cross.dropout = config.attention_dropout;
        layer.self_norm = norm(prefix + layout.self_norm);
        if (shape.cross) layer.cross_norm = norm(prefix + layout.cross_norm);
        layer.ffn_norm = norm(prefix + layout.ffn_norm);
    }
    return stack;
}

StackStates Stack::forward(const PackedTokens& tokens, EmbeddingDelta* prompt, const StackStates* encoder,
                           const ForwardState& state, bool keep_all, DecoderCache* cache) const {
    const BackboneConfig& c = *config;
    StackStates out;
    out.offsets = tokens.offsets;
    Input input{look_up(words->value, tokens.ids), tokens.positions, tokens.type_ids};
    if (c.embedding_scale != 1) input.words = input.words * c.embedding_scale; // not the rows of a prompt
    if (prompt != nullptr) insert_prompt(input, *prompt, tokens, out);
    if (position_shift != 0) input.positions = input.positions + position_shift;
    at::Tensor x = input.words;
    if (types != nullptr) x = x + look_up(types->value, input.types);
    if (positions != nullptr) {
        x = x +
            look_up(positions->value, c.position_offset == 0 ? input.positions : input.positions + c.position_offset);
    }
    if (embedding_norm.weight != nullptr) x = embedding_norm(x);
    x = dropout(x, c.embedding_dropout, state.backbone_dropout);

    std::vector<std::int64_t> key_offsets = out.offsets;
    PrefixOrders self_prefixes, cross_prefixes;
    AttentionContext self{{out.offsets, key_offsets}};
    self.prefixed = &self_prefixes;
    self.prefix_biased = prefix_biased;
    if (cache != nullptr) {
        if (cache->self.empty()) {
            cache->self.resize(layers.size());
            cache->cross.resize(layers.size());
        } else {
            self.join = joined_rows(cache->offsets, out.offsets, key_offsets, x.device());
        }
        cache->offsets = key_offsets;
        if (encoder != nullptr) cache->cross_offsets = encoder->offsets;
    }
    RotaryAngles angles;
    if (c.positions == PositionKind::rotary) {
        angles = rotary_angles(c, input.positions);
        self.angles = &angles;
    }
    if (relative != nullptr) {
        const std::int64_t keys = longest(key_offsets) + (prefix_biased ? longest_prefix() : 0);
        self.bias = relative_bias(relative->value, longest(out.offsets), keys, c.relative_max_distance, !shape.causal);
    }
    // With a cache the encoder is read once; later steps find its keys and values there.
    static const std::vector<std::int64_t> nothing;
    AttentionContext cross{{out.offsets, encoder != nullptr ? encoder->offsets
                                         : cache != nullptr ? cache->cross_offsets
                                                            : nothing}};
    cross.prefixed = &cross_prefixes;
    if (keep_all) out.all.push_back(x);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        x = run_layer(i, x, self, cross, encoder, state, cache);
        if (keep_all && i + 1 < layers.size()) out.all.push_back(x);
    }
    if (final_norm.weight != nullptr) x = final_norm(x);
    out.last = dropout(x, c.final_dropout, state.backbone_dropout);
    if (keep_all) out.all.push_back(out.last);
    return out;
}

std::int64_t Stack::longest_prefix() const {
    std::int64_t length = 0;
    for (const Layer& layer : layers)
        length = std::max(length, layer.self.prefix_length());
    return length;
}

at::Tensor Stack::run_layer(std::size_t index, const at::Tensor& x, const AttentionContext& self,
                            const AttentionContext& cross, const StackStates* encoder, const ForwardState& state,
                            DecoderCache* cache) const {
    const Layer& layer = layers[index];
    const auto sublayer = [&](const at::Tensor& input, const Norm& norm, const auto& apply) {
        const auto drop = [&](const at::Tensor& h) {
            return dropout(h, config->hidden_dropout, state.backbone_dropout);
        };
        return config->pre_norm ? input + drop(apply(norm(input))) : norm(input + drop(apply(input)));
    };
    at::Tensor h = sublayer(x, layer.self_norm, [&](const at::Tensor& y) {
        return layer.self(y, y, self, state, cache != nullptr ? &cache->self[index] : nullptr);
    });
    if (layer.has_cross) {
        h = sublayer(h, layer.cross_norm, [&](const at::Tensor& y) {
            return layer.cross(y, encoder != nullptr ? encoder->last : y, cross, state,
                               cache != nullptr ? &cache->cross[index] : nullptr);
        });
    }
    return sublayer(h, layer.ffn_norm, [&](const at::Tensor& y) { return layer.ffn(y, state); });
}

void DecoderCache::select(const std::vector<std::int64_t>& parents) {
    if (self.empty()) return;
    const auto pick = [&](std::vector<KeyValues>& list, std::vector<std::int64_t>& rows_of) {
        if (rows_of.empty()) return;
        std::vector<std::int64_t> rows, offsets_after = {0};
        for (const std::int64_t parent : parents) {
            const auto p = static_cast<std::size_t>(parent);
            for (std::int64_t row = rows_of[p]; row < rows_of[p + 1]; ++row)
                rows.push_back(row);
            offsets_after.push_back(static_cast<std::int64_t>(rows.size()));
        }
        rows_of = std::move(offsets_after);
        for (KeyValues& layer : list) {
            const at::Tensor index = index_tensor(rows, layer.keys.device());
            layer = {select_rows(layer.keys, index), select_rows(layer.values, index)};
        }
    };
    pick(self, offsets);
    pick(cross, cross_offsets);
}

} // namespace diapason
