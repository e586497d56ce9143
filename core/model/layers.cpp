#include "core/model/layers.h"

#include "core/model/gated_attention.h"
#include "core/model/loops.h"
#include "core/model/packed_batch.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace diapason {

at::Tensor Linear::matrix() const {
    at::Tensor all = input_major ? weight->value.t() : weight->value;
    if (parts == 1) return all;
    const std::int64_t rows = all.size(0) / parts;
    return all.narrow(0, part * rows, rows);
}

at::Tensor Linear::floats() const {
    return widened(matrix());
}

at::Tensor Linear::offset() const {
    if (bias == nullptr) return {};
    if (parts == 1) return bias->value;
    const std::int64_t rows = bias->value.size(0) / parts;
    return bias->value.narrow(0, part * rows, rows);
}

at::Tensor Linear::operator()(const at::Tensor& input, const ForwardState& state) const {
    if (deltas.empty()) return linear_map(input, matrix(), offset(), precision);
    if (const auto fused = call()) return linear_maps(input, {&*fused, 1}, state.delta_dropout).front();
    at::Tensor x = input;
    for (const auto& delta : deltas)
        x = delta->enter(x, state);
    at::Tensor y = linear_map(x, matrix(), offset(), precision);
    for (const auto& delta : deltas)
        y = delta->apply(x, y, state);
    return y;
}

std::optional<MapCall> Linear::call() const {
    if (deltas.empty()) return MapCall{matrix(), offset(), std::nullopt, precision};
    const auto term = deltas.size() == 1 ? deltas.front()->low_rank() : std::nullopt;
    if (!term) return std::nullopt;
    return MapCall{matrix(), offset(), term, precision};
}

std::vector<at::Tensor> apply_maps(std::span<const Linear* const> maps, const at::Tensor& x,
                                   const ForwardState& state) {
    std::vector<MapCall> calls;
    for (const Linear* map : maps) {
        if (auto call = map->call()) calls.push_back(std::move(*call));
    }
    if (calls.size() == maps.size()) return linear_maps(x, calls, state.delta_dropout);
    std::vector<at::Tensor> results;
    for (const Linear* map : maps)
        results.push_back((*map)(x, state));
    return results;
}

at::Tensor Table::operator()(const at::Tensor& rows) const {
    at::Tensor y = look_up(weight->value, rows, untrained);
    for (const auto& delta : deltas)
        y = delta->apply(y, rows);
    return y;
}

at::Tensor FeedForward::operator()(const at::Tensor& x, const ForwardState& state) const {
    at::Tensor h;
    if (gated) {
        const Linear* const maps[] = {&gate, &fc1};
        const auto made = apply_maps(maps, x, state);
        h = activation == Activation::silu ? gated_silu(made[0], made[1]) : activate(made[0], activation) * made[1];
    } else {
        h = activate(fc1(x, state), activation);
    }
    return fc2(diapason::dropout(h, dropout, state.backbone_dropout), state);
}

at::Tensor relative_bias(const at::Tensor& table, std::int64_t queries, std::int64_t keys, std::int64_t max_distance,
                         bool both_ways, std::int64_t back) {
    const std::int64_t buckets = both_ways ? table.size(0) / 2 : table.size(0);
    const std::int64_t exact = buckets / 2;
    // In float32 as the reference computes it: a bucket's border may depend on the last bit.
    const auto width = static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
    std::vector<std::int64_t> of_distance; // key − query from −(keys − 1) on
    for (std::int64_t distance = 1 - keys; distance < queries + back; ++distance) {
        std::int64_t bucket = both_ways && distance > 0 ? buckets : 0;
        const std::int64_t n = both_ways ? std::abs(distance) : std::max<std::int64_t>(0, -distance);
        if (n < exact) {
            bucket += n;
        } else {
            const float share = std::log(static_cast<float>(n) / static_cast<float>(exact)) / width;
            const auto far = exact + static_cast<std::int64_t>(share * static_cast<float>(buckets - exact));
            bucket += std::min(far, buckets - 1);
        }
        of_distance.push_back(bucket);
    }
    std::vector<std::int64_t> rows;
    rows.reserve(static_cast<std::size_t>(queries * keys));
    for (std::int64_t query = keys - queries - back; query < keys - back; ++query) {
        for (std::int64_t key = 0; key < keys; ++key)
            rows.push_back(of_distance[static_cast<std::size_t>(key - query + keys - 1)]);
    }
    return look_up(table, index_tensor(rows, table.device())).view({queries, keys, -1}).permute({2, 0, 1});
}

at::Tensor Attention::operator()(const at::Tensor& x, const at::Tensor& y, const AttentionContext& context,
                                 const ForwardState& state, KeyValues* cache) const {
    const bool known = cache != nullptr && cache->keys.defined() && !context.join.defined();
    at::Tensor projected, keys, values;
    if (!known && x.is_same(y)) {
        const Linear* const maps[] = {&q, &k, &v};
        const auto made = apply_maps(maps, x, state);
        projected = made[0], keys = made[1], values = made[2];
    } else {
        projected = q(x, state);
        const Linear* const maps[] = {&k, &v};
        const auto made = known ? std::vector{cache->keys, cache->values} : apply_maps(maps, y, state);
        keys = made[0], values = made[1];
    }
    const at::Tensor queries =
        context.query_angles != nullptr ? rotate(projected, *context.query_angles, shape.head_width) : projected;
    if (context.angles != nullptr && !known) keys = rotate(keys, *context.angles, shape.head_width);
    if (context.slots.defined()) fill_slots(keys, values, context.slots);
    if (cache != nullptr && !known) {
        if (cache->keys.defined()) {
            keys = select_rows(at::cat({cache->keys, keys}), context.join);
            values = select_rows(at::cat({cache->values, values}), context.join);
        }
        *cache = {keys, values};
    }
    at::Tensor h = heads_of(queries, keys, values, context, state);
    for (const auto& delta : head_deltas)
        h = delta->apply(h, {x, projected}, state);
    return o(h, state);
}

void Attention::fill_slots(at::Tensor& keys, at::Tensor& values, const at::Tensor& slots) const {
    for (const auto& prefix : prefixes) {
        if (!prefix->in_slots()) continue;
        const KeyValues rows = prefix->rows();
        keys = select_rows(at::cat({rows.keys, keys}), slots);
        values = select_rows(at::cat({rows.values, values}), slots);
    }
}

at::Tensor Attention::heads_of(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                               const AttentionContext& context, const ForwardState& state) const {
    std::vector<at::Tensor> all_keys, all_values;
    std::vector<KeyValues> gates;
    for (const auto& prefix : prefixes) {
        if (prefix->in_slots()) continue;
        const KeyValues rows = prefix->rows();
        if (prefix->gated()) {
            gates.push_back(rows);
        } else {
            all_keys.push_back(rows.keys);
            all_values.push_back(rows.values);
        }
    }
    const at::Tensor bias = biased ? context.bias : at::Tensor();
    const auto attend = [&](const at::Tensor& all_k, const at::Tensor& all_v, const AttentionRows& rows,
                            const AttentionShape& form) {
        at::Tensor h = packed_attention(queries, all_k, all_v, rows, form, bias, dropout, state.backbone_dropout);
        if (gates.empty() && state.prefixes == nullptr) return h;
        const TextAttention text{
            queries, all_k, rows, form, bias, context.prefix_biased, dropout, state.backbone_dropout};
        if (state.prefixes != nullptr && prefix_length() > 0)
            state.prefixes->share(*this, prefix_share(text, prefix_length()));
        if (gates.empty()) return h;
        at::Tensor share;
        at::Tensor mixed = add_gated_prefixes(h, text, gates, state.prefixes == nullptr ? nullptr : &share);
        if (share.defined()) state.prefixes->share(*this, share);
        return mixed;
    };
    const std::int64_t length = prefix_length();
    if (length == 0) return attend(keys, values, context.rows, shape);
    all_keys.push_back(keys);
    all_values.push_back(values);
    const PrefixOrders::Order& order = context.prefixed->of(length, context.rows.keys, keys.device());
    AttentionShape with_prefix = shape;
    if (!context.prefix_biased) with_prefix.unbiased_keys = length;
    return attend(select_rows(at::cat(all_keys), order.rows), select_rows(at::cat(all_values), order.rows),
                  {context.rows.queries, order.offsets}, with_prefix);
}

std::int64_t Attention::prefix_length() const {
    std::int64_t length = 0;
    for (const auto& prefix : prefixes)
        length += prefix->gated() || prefix->in_slots() ? 0 : prefix->length();
    return length;
}

std::int64_t Attention::rows_in_front() const {
    std::int64_t length = 0;
    for (const auto& prefix : prefixes)
        length += prefix->in_slots() ? 0 : prefix->length();
    return length;
}

} // namespace diapason
