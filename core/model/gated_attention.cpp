#include "core/model/gated_attention.h"

#include "core/model/attention_passes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

namespace diapason {
namespace {

// [T, n·w] -> [n, T, w]
at::Tensor by_head(const at::Tensor& x, std::int64_t heads) {
    return x.view({x.size(0), heads, -1}).transpose(0, 1);
}

// Key heads repeated, so that every query head has its own.
at::Tensor for_queries(const at::Tensor& x, const AttentionShape& shape) {
    const at::Tensor own = by_head(x, shape.kv_heads);
    return shape.heads == shape.kv_heads ? own : own.repeat_interleave(shape.heads / shape.kv_heads, 0);
}

// log Σ exp of every query's scores over the text, [heads, Tq].
at::Tensor text_weight(const TextAttention& text) {
    const AttentionShape& shape = text.shape;
    const at::Tensor queries = by_head(text.queries, shape.heads);
    const at::Tensor keys = for_queries(text.keys, shape);
    std::vector<at::Tensor> parts;
    for (std::size_t s = 0; s + 1 < text.rows.queries.size(); ++s) {
        const std::int64_t asked = text.rows.queries[s + 1] - text.rows.queries[s];
        const std::int64_t seen = text.rows.keys[s + 1] - text.rows.keys[s];
        at::Tensor scores = at::bmm(queries.narrow(1, text.rows.queries[s], asked),
                                    keys.narrow(1, text.rows.keys[s], seen).transpose(1, 2)) *
                            shape.scale;
        if (text.bias.defined()) {
            const std::int64_t columns = seen - shape.unbiased_keys;
            const at::Tensor pairs =
                text.bias.narrow(1, text.bias.size(1) - asked, asked).narrow(2, text.bias.size(2) - columns, columns);
            scores = at::cat(
                {scores.narrow(2, 0, shape.unbiased_keys), scores.narrow(2, shape.unbiased_keys, columns) + pairs}, 2);
        }
        const at::Tensor mask = attention_mask(shape, asked, seen, scores.options());
        if (mask.defined()) scores = scores + mask;
        parts.push_back(at::logsumexp(scores, {-1}));
    }
    return at::cat(parts, 1);
}

// [Tq, prefix]: what a window adds to the scores of rows that stand in front of every text; undefined without one.
// Finite, so that a query that sees none of them gets a gate of 0 and no NaN.
at::Tensor prefix_mask(const TextAttention& text, std::int64_t prefix, const at::TensorOptions& options) {
    const AttentionShape& shape = text.shape;
    if (shape.window == 0) return {};
    std::vector<at::Tensor> parts;
    for (std::size_t s = 0; s + 1 < text.rows.queries.size(); ++s) {
        const std::int64_t asked = text.rows.queries[s + 1] - text.rows.queries[s];
        const std::int64_t seen = text.rows.keys[s + 1] - text.rows.keys[s];
        parts.push_back(at::full({asked, prefix}, -1e30, options).tril(prefix + seen - asked - shape.window));
    }
    return at::cat(parts);
}

} // namespace

at::Tensor add_gated_prefixes(const at::Tensor& h, const TextAttention& text, const std::vector<KeyValues>& prefixes) {
    const AttentionShape& shape = text.shape;
    std::vector<at::Tensor> keys, values;
    for (const KeyValues& rows : prefixes) {
        keys.push_back(rows.keys);
        values.push_back(rows.values);
    }
    at::Tensor scores =
        at::bmm(by_head(text.queries, shape.heads), for_queries(at::cat(keys), shape).transpose(1, 2)) * shape.scale;
    const at::Tensor mask = prefix_mask(text, scores.size(2), scores.options());
    if (mask.defined()) scores = scores + mask;
    const at::Tensor gate = at::sigmoid(at::logsumexp(scores, {-1}) - text_weight(text)).unsqueeze(-1);
    const at::Tensor weights = dropout(at::softmax(scores, -1), text.dropout, text.stream);
    const at::Tensor change = at::bmm(weights, for_queries(at::cat(values), shape));
    const at::Tensor own = by_head(h, shape.heads);
    return (own + gate * (change - own)).transpose(0, 1).reshape(h.sizes());
}

} // namespace diapason
