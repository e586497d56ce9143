// The blocks that families share: linear maps with their site, norms, feed-forward, attention.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/model/activation.h"
#include "core/model/attention.h"
#include "core/model/deltas.h"
#include "core/model/linear_map.h"
#include "core/model/norm.h"
#include "core/model/parameters.h"
#include "core/model/prefix_orders.h"
#include "core/model/rotary.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace diapason {

/// y = x Wᵀ + b, between the deltas at this site. The tensor may be stored the other way round, and may hold several
/// maps: matrix() is this one's share of it.
struct Linear {
    Parameter* weight = nullptr;
    Parameter* bias = nullptr; ///< null = none
    bool input_major = false;  ///< stored [in, out]
    std::int64_t part = 0, parts = 1;
    Precision precision = Precision::float32;
    std::vector<std::unique_ptr<LinearDelta>> deltas;

    at::Tensor matrix() const; ///< [out, in], a view, as stored
    at::Tensor floats() const; ///< the same in float32: the view, or a copy
    at::Tensor offset() const; ///< [out], a view; undefined without a bias
    at::Tensor operator()(const at::Tensor& x, const ForwardState& state) const;
    /// The map with its delta, where that is a low-rank term or nothing.
    std::optional<MapCall> call() const;
};

/// What maps make of the same input: one after the other, or all at once where their deltas allow it.
std::vector<at::Tensor> apply_maps(std::span<const Linear* const> maps, const at::Tensor& x, const ForwardState& state);

/// Vectors that are looked up by number, between the deltas on their table.
struct Table {
    Parameter* weight = nullptr; ///< [N, width]; null = there is none
    std::vector<std::unique_ptr<TableDelta>> deltas;
    std::int64_t untrained = -1; ///< a row that gets no gradient from being looked up; -1 = none

    at::Tensor operator()(const at::Tensor& rows) const; ///< [R] int64 -> [R, width]
};

/// fc2(act(fc1 x)), or fc2(act(gate x) · fc1 x).
struct FeedForward {
    Linear fc1, fc2, gate;
    Activation activation = Activation::gelu;
    bool gated = false;
    double dropout = 0; ///< of what enters fc2

    at::Tensor operator()(const at::Tensor& x, const ForwardState& state) const;
};

/// [heads, queries, keys]: what each pair of positions adds to the scores, from a table of relative position buckets
/// (Raffel et al. 2020, §2.1). The last query stands at the last key's position, or `back` positions before it.
/// @param table [buckets, heads]
at::Tensor relative_bias(const at::Tensor& table, std::int64_t queries, std::int64_t keys, std::int64_t max_distance,
                         bool both_ways, std::int64_t back = 0);

/// What the attention of a stack shares among its layers.
struct AttentionContext {
    AttentionRows rows;
    const RotaryAngles* angles = nullptr;       ///< of the new keys; null = no rotary positions
    const RotaryAngles* query_angles = nullptr; ///< of the queries: the same, unless only some rows ask
    at::Tensor bias = {};                       ///< undefined = none
    at::Tensor join = {}; ///< rows of [cached; new] in the order of rows.keys; undefined = nothing is cached
    PrefixOrders* prefixed = nullptr;       ///< of these keys
    PrefixOrders* cross_prefixed = nullptr; ///< of those of cross attention
    bool prefix_biased = true;              ///< the bias counts prefix rows as keys; otherwise they get none
    at::Tensor slots = {};                  ///< of the new keys, from [prefix in slots; new keys]; undefined = none

    /// The same for other queries. @param queries B+1, outlives the result
    AttentionContext for_queries(const std::vector<std::int64_t>& queries) const {
        return {{queries, rows.keys}, angles, query_angles, bias, join, prefixed, cross_prefixed, prefix_biased, slots};
    }
};

/// Attention with its sites q, k, v, kv, heads, o.
struct Attention {
    Linear q, k, v, o;
    AttentionShape shape;
    double dropout = 0;                                   ///< of the probabilities
    bool biased = true;                                   ///< the stack's bias of distances is added, if it has one
    std::vector<std::unique_ptr<KeyValueDelta>> prefixes; ///< one behind the other; caches never hold them
    std::vector<std::unique_ptr<HeadsDelta>> head_deltas;

    std::int64_t prefix_length() const;
    std::int64_t rows_in_front() const; ///< the same with gated prefixes

    /// @param x [Tq, width] gives the queries, y [Tk, width] keys and values: the same for self-attention
    /// @param cache null = none. With context.join its rows come first, and the new ones are added to it; without, it
    /// is filled once and then read in place of y (cross attention).
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& y, const AttentionContext& context,
                          const ForwardState& state, KeyValues* cache = nullptr) const;

private:
    void fill_slots(at::Tensor& keys, at::Tensor& values, const at::Tensor& slots) const;
    at::Tensor heads_of(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                        const AttentionContext& context, const ForwardState& state) const;
};

} // namespace diapason
