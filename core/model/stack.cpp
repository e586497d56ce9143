#include "core/model/stack.h"

#include "core/base/error.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numeric>
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
void insert_prompt(Input& input, EmbeddingDelta& prompt, const PackedTokens& tokens) {
    const std::int64_t length = prompt.length(), members = prompt.members(), rows = members * length;
    if (tokens.sequences() % members != 0)
        throw std::logic_error("a batch for an ensemble of prompts needs the same sequences for each of them");
    const std::int64_t share = tokens.sequences() / members;
    std::vector<std::int64_t> pick;
    for (std::int64_t s = 0; s < tokens.sequences(); ++s) {
        for (std::int64_t i = 0; i < length; ++i)
            pick.push_back(s / share * length + i);
        const auto at = static_cast<std::size_t>(s);
        for (std::int64_t i = tokens.offsets[at]; i < tokens.offsets[at + 1]; ++i)
            pick.push_back(rows + i);
    }
    const at::Tensor index = index_tensor(pick, input.words.device());
    input.words = select_rows(at::cat({prompt.rows(), input.words}), index);
    const at::Tensor front = at::arange(length, input.positions.options()).repeat({members});
    input.positions = select_rows(at::cat({front, input.positions + length}), index);
    input.types = select_rows(at::cat({at::zeros({rows}, input.types.options()), input.types}), index);
}

// The order that puts the rows of a prompt into its slots: rows of [prompt; tokens].
at::Tensor slot_order(const PackedTokens& tokens, at::Device device) {
    const std::int64_t length = std::ssize(tokens.prompt_rows) / tokens.sequences();
    std::vector<std::int64_t> order(static_cast<std::size_t>(tokens.tokens()));
    std::iota(order.begin(), order.end(), length);
    for (std::size_t i = 0; i < tokens.prompt_rows.size(); ++i)
        order[static_cast<std::size_t>(tokens.prompt_rows[i])] = static_cast<std::int64_t>(i) % length;
    return index_tensor(order, device);
}

// A prompt in a template: its rows replace the vectors of tokens; all else is theirs.
void fill_slots(Input& input, EmbeddingDelta& prompt, const PackedTokens& tokens) {
    if (std::ssize(tokens.prompt_rows) != prompt.length() * tokens.sequences())
        throw std::logic_error("a prompt in a template needs a slot for each of its rows in every sequence");
    input.words = select_rows(at::cat({prompt.rows(), input.words}), slot_order(tokens, input.words.device()));
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

// The rows that the last layer computes for its readers: `kept`, and where each row read is among them.
struct LastRows {
    std::vector<std::int64_t> kept, offsets, read;
};

// Where the order of positions matters (a causal mask, a bias of distances), attention takes the last rows of a
// sequence only, so that all rows from the first one read are kept.
LastRows last_rows(const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& offsets, bool only_last) {
    LastRows last;
    std::vector<std::int64_t> place(static_cast<std::size_t>(offsets.back()), -1);
    for (const std::int64_t row : rows)
        place[static_cast<std::size_t>(row)] = 0;
    last.offsets.push_back(0);
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
        bool begun = false;
        for (std::int64_t row = offsets[s]; row < offsets[s + 1]; ++row) {
            std::int64_t& at = place[static_cast<std::size_t>(row)];
            if (at != 0 && !(begun && only_last)) continue;
            begun = true;
            at = std::ssize(last.kept);
            last.kept.push_back(row);
        }
        last.offsets.push_back(std::ssize(last.kept));
    }
    for (const std::int64_t row : rows)
        last.read.push_back(place[static_cast<std::size_t>(row)]);
    return last;
}

// Two stacks share their tokens' table, and each has a module of its own for it: "model.encoder.embed_tokens".
std::string own_words(const StackLayout& layout, bool encoder_decoder) {
    if (!encoder_decoder) return layout.words;
    const std::string layers = layout.layer.substr(0, layout.layer.find(".#"));
    return layers.substr(0, layers.rfind('.') + 1) + "embed_tokens";
}

} // namespace

RowLayout RowLayout::of(const PackedTokens& tokens, const EmbeddingDelta* prompt) {
    RowLayout layout{tokens.offsets, prompt != nullptr && !prompt->in_slots() ? prompt->length() : 0};
    for (std::size_t s = 0; s < layout.offsets.size(); ++s)
        layout.offsets[s] += static_cast<std::int64_t>(s) * layout.prompt;
    return layout;
}

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

Block& block_of(Layer& layer, const std::string& sublayer) {
    if (sublayer == "self_attn") return layer.self_block;
    if (sublayer == "cross_attn" && layer.has_cross) return layer.cross_block;
    if (sublayer == "ffn") return layer.ffn_block;
    throw std::logic_error("no block " + sublayer);
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
    stack.words.weight = table(layout.words);
    if (!layout.pad_learns) stack.words.untrained = config.pad_id;
    stack.positions.weight = table(layout.positions);
    stack.types.weight = table(layout.types);
    stack.words_module = own_words(layout, config.encoder_decoder);
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
        const double divisor = config.scale_by_layer ? static_cast<double>(i + 1) : 1;
        layer.self.shape = {shape.heads, shape.kv_heads, shape.head_width, shape.causal, scale / divisor};
        if (!config.windows.empty()) layer.self.shape.window = config.windows[i];
        layer.cross.shape = {shape.heads, shape.kv_heads, shape.head_width, false, scale};
        layer.self.dropout = layer.cross.dropout = config.attention_dropout;
        layer.self_block.norm = norm(prefix + layout.self_norm);
        if (shape.cross) layer.cross_block.norm = norm(prefix + layout.cross_norm);
        layer.ffn_block.norm = norm(prefix + layout.ffn_norm);
    }
    return stack;
}

at::Tensor Stack::embed(const PackedTokens& tokens, EmbeddingDelta* prompt, const ForwardState& state,
                        at::Tensor& position) const {
    const BackboneConfig& c = *config;
    Input input{words(tokens.ids), tokens.positions, tokens.type_ids};
    if (c.embedding_scale != 1) input.words = input.words * c.embedding_scale; // not the rows of a prompt
    if (prompt != nullptr) (prompt->in_slots() ? fill_slots : insert_prompt)(input, *prompt, tokens);
    position = position_shift == 0 ? input.positions : input.positions + position_shift;
    at::Tensor x = input.words;
    if (types.weight != nullptr) x = x + types(input.types);
    if (positions.weight != nullptr)
        x = x + positions(c.position_offset == 0 ? position : position + c.position_offset);
    if (embedding_norm.weight != nullptr) x = embedding_norm(x);
    x = dropout(x, c.embedding_dropout, state.backbone_dropout);
    for (const auto& delta : entered)
        x = delta->apply(x);
    return x;
}

// Rows are looked up unchecked on a device, and without a name on a processor.
void Stack::check_positions(std::int64_t length) const {
    if (positions.weight == nullptr) return;
    const std::int64_t room = positions.weight->value.size(0) - config->position_offset - position_shift;
    if (length > room)
        throw Error(ErrorKind::config,
                    {"an input of " + std::to_string(length) + " tokens, soft prompts included, does not fit the " +
                         std::to_string(room) + " positions that the backbone has for it",
                     {},
                     "max_tokens",
                     {},
                     "Set max_tokens lower in the task or in the training options"});
}

StackStates Stack::forward(const PackedTokens& tokens, EmbeddingDelta* prompt, const StackStates* encoder,
                           const ForwardState& state, const StackRequest& request) const {
    const BackboneConfig& c = *config;
    DecoderCache* cache = request.cache;
    StackStates out{RowLayout::of(tokens, prompt), {}, {}};
    check_positions(longest(out.offsets) + (cache != nullptr ? longest(cache->offsets) : 0));
    at::Tensor position = tokens.positions;
    at::Tensor x = request.begin > 0 ? request.entering : embed(tokens, prompt, state, position);

    std::vector<std::int64_t> key_offsets = out.offsets;
    PrefixOrders self_prefixes, cross_prefixes;
    AttentionContext self{{out.offsets, key_offsets}};
    self.prefixed = &self_prefixes;
    self.cross_prefixed = &cross_prefixes;
    self.prefix_biased = prefix_biased;
    if (!tokens.prompt_rows.empty() && out.prompt > 0)
        throw std::logic_error("a prompt in front and rows inside the text do not go together");
    if (!tokens.prompt_rows.empty()) self.slots = slot_order(tokens, x.device());
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
    if (c.positions == PositionKind::rotary && request.begin < std::ssize(layers)) {
        angles = rotary_angles(c, position, out.offsets);
        self.angles = self.query_angles = &angles;
    }
    if (relative != nullptr) {
        const std::int64_t front = prefix_biased ? longest_prefix() : 0;
        self.bias = relative_bias(relative->floats(), longest(out.offsets), longest(key_offsets) + front,
                                  c.relative_max_distance, !shape.causal, prefix_passed ? 0 : front);
    }
    if (request.keep_all) out.all.push_back(x);
    const auto count = std::ssize(layers), end = request.end < 0 ? count : request.end;
    for (std::int64_t i = request.begin; i < std::min(end, count - 1); ++i) {
        x = run_layer(static_cast<std::size_t>(i), x, self, encoder, state, cache, {});
        if (request.keep_all) out.all.push_back(x);
    }
    LastRows last;
    if (request.begin < count && end == count) {
        at::Tensor kept;
        RotaryAngles kept_angles;
        if (request.rows != nullptr) {
            last = last_rows(*request.rows, out.offsets, shape.causal || relative != nullptr);
            if (std::ssize(last.kept) < out.offsets.back()) kept = index_tensor(last.kept, x.device());
        }
        if (kept.defined() && self.angles != nullptr) {
            kept_angles = {select_rows(angles.cosine, kept), select_rows(angles.sine, kept)};
            self.query_angles = &kept_angles;
        }
        const AttentionContext of_last = self.for_queries(kept.defined() ? last.offsets : out.offsets);
        x = run_layer(layers.size() - 1, x, of_last, encoder, state, cache, kept);
    }
    if (request.end < 0) {
        if (final_norm.weight != nullptr) x = final_norm(x);
        x = dropout(x, c.final_dropout, state.backbone_dropout);
        if (request.keep_all) out.all.push_back(x);
    }
    const bool others = !last.kept.empty() && last.kept != *request.rows; // rows kept for those that are read
    out.last = others ? select_rows(x, index_tensor(last.read, x.device())) : x;
    return out;
}

std::int64_t Stack::longest_prefix() const {
    std::int64_t length = 0;
    for (const Layer& layer : layers) {
        if (layer.self.biased) length = std::max(length, layer.self.rows_in_front());
    }
    return length;
}

at::Tensor Stack::run_layer(std::size_t index, const at::Tensor& x, const AttentionContext& self,
                            const StackStates* encoder, const ForwardState& state, DecoderCache* cache,
                            const at::Tensor& queries) const {
    const Layer& layer = layers[index];
    // What follows a sublayer: dropout, the deltas of its block, residual and norm. @param input what it has read
    const auto finish = [&](const Block& block, const at::Tensor& residual, const at::Tensor& input,
                            const at::Tensor& output) {
        const double p = config->hidden_dropout;
        if (block.deltas.empty())
            return config->pre_norm ? add_dropped(residual, output, p, state.backbone_dropout)
                                    : block.norm.of_sum(residual, output, p, state.backbone_dropout);
        at::Tensor h = dropout(output, p, state.backbone_dropout);
        const BlockStates states{residual, input, config->pre_norm ? nullptr : &block.norm};
        for (const auto& delta : block.deltas)
            h = delta->apply(h, states, state);
        if (block.deltas.back()->closes()) return h;
        return config->pre_norm ? residual + h : block.norm.of_sum(residual, h, 0, nullptr);
    };
    const auto enter = [&](const Block& block, const at::Tensor& stream) {
        return config->pre_norm ? block.norm(stream) : stream;
    };
    // Self-attention reads all rows and goes on with those of its queries.
    const auto of_queries = [&](const at::Tensor& rows) {
        return queries.defined() ? select_rows(rows, queries) : rows;
    };
    const at::Tensor all = enter(layer.self_block, x), asking = of_queries(all);
    at::Tensor h = finish(layer.self_block, of_queries(x), asking,
                          layer.self(asking, all, self, state, cache != nullptr ? &cache->self[index] : nullptr));
    if (layer.has_cross) {
        // With a cache the encoder is read once; later steps find its keys and values there.
        AttentionContext cross{{self.rows.queries, encoder != nullptr ? encoder->offsets : cache->cross_offsets}};
        cross.prefixed = self.cross_prefixed;
        const at::Tensor z = enter(layer.cross_block, h);
        h = finish(layer.cross_block, h, z,
                   layer.cross(z, encoder != nullptr ? encoder->last : z, cross, state,
                               cache != nullptr ? &cache->cross[index] : nullptr));
    }
    const at::Tensor z = enter(layer.ffn_block, h);
    return finish(layer.ffn_block, h, z, layer.ffn(z, state));
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
