#include "core/model/gated_attention.h"

#include "core/model/attention_passes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
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

// Over the last dimension; at::logsumexp has no kernel on the meta device.
at::Tensor log_sum_exp(const at::Tensor& x) {
    const at::Tensor most = at::amax(x.detach(), {-1}, true);
    return (x - most).exp().sum({-1}).log() + most.squeeze(-1);
}

// The bias of one sequence's queries and of some of its keys, [heads, asked, columns]. It ends with the last query and
// key of every sequence. @param behind keys of the sequence that follow
at::Tensor bias_of(const TextAttention& text, std::int64_t asked, std::int64_t columns, std::int64_t behind) {
    return text.bias.narrow(1, text.bias.size(1) - asked, asked)
        .narrow(2, text.bias.size(2) - behind - columns, columns);
}

// Scores of one sequence's queries over its keys, bias and causal mask in them, [heads, queries, keys].
at::Tensor scores_of(const TextAttention& text, const at::Tensor& queries, const at::Tensor& keys,
                     std::size_t sequence) {
    const AttentionShape& shape = text.shape;
    const std::vector<std::int64_t>&q = text.rows.queries, &k = text.rows.keys;
    const std::int64_t asked = q[sequence + 1] - q[sequence], seen = k[sequence + 1] - k[sequence];
    at::Tensor scores =
        at::bmm(queries.narrow(1, q[sequence], asked), keys.narrow(1, k[sequence], seen).transpose(1, 2)) * shape.scale;
    if (text.bias.defined()) {
        const std::int64_t columns = seen - shape.unbiased_keys;
        scores = at::cat({scores.narrow(2, 0, shape.unbiased_keys),
                          scores.narrow(2, shape.unbiased_keys, columns) + bias_of(text, asked, columns, 0)},
                         2);
    }
    const at::Tensor mask = attention_mask(shape, asked, seen, scores.options());
    if (mask.defined()) scores = scores + mask;
    return scores;
}

// What `of` makes of every sequence's scores, side by side: [heads, Tq].
template <class Function>
at::Tensor over_sequences(const TextAttention& text, Function&& of) {
    const at::Tensor queries = by_head(text.queries, text.shape.heads);
    const at::Tensor keys = for_queries(text.keys, text.shape);
    std::vector<at::Tensor> parts;
    for (std::size_t s = 0; s + 1 < text.rows.queries.size(); ++s)
        parts.push_back(of(scores_of(text, queries, keys, s)));
    return at::cat(parts, 1);
}

// λ of every query and head, [heads, Tq].
at::Tensor gate_of(const TextAttention& text, const at::Tensor& prefix_scores) {
    const at::Tensor weight = over_sequences(text, [](const at::Tensor& scores) { return log_sum_exp(scores); });
    return at::sigmoid(log_sum_exp(prefix_scores) - weight);
}

// [heads, Tq, prefix]: the bias of rows in front of every text, whose columns end where the text's begin.
at::Tensor prefix_bias(const TextAttention& text, std::int64_t prefix) {
    const std::vector<std::int64_t>&q = text.rows.queries, &k = text.rows.keys;
    std::vector<at::Tensor> parts;
    for (std::size_t s = 0; s + 1 < q.size(); ++s)
        parts.push_back(bias_of(text, q[s + 1] - q[s], prefix, k[s + 1] - k[s]));
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

at::Tensor prefix_share(const TextAttention& whole, std::int64_t length) {
    return over_sequences(
        whole, [&](const at::Tensor& scores) { return at::softmax(scores, -1).narrow(2, 0, length).sum(-1); });
}

at::Tensor add_gated_prefixes(const at::Tensor& h, const TextAttention& text, const std::vector<KeyValues>& prefixes,
                              at::Tensor* share) {
    const AttentionShape& shape = text.shape;
    std::vector<at::Tensor> keys, values;
    for (const KeyValues& rows : prefixes) {
        keys.push_back(rows.keys);
        values.push_back(rows.values);
    }
    at::Tensor scores =
        at::bmm(by_head(text.queries, shape.heads), for_queries(at::cat(keys), shape).transpose(1, 2)) * shape.scale;
    if (text.prefix_biased && text.bias.defined()) scores = scores + prefix_bias(text, scores.size(2));
    const at::Tensor mask = prefix_mask(text, scores.size(2), scores.options());
    if (mask.defined()) scores = scores + mask;
    const at::Tensor gate = gate_of(text, scores).unsqueeze(-1);
    if (share != nullptr) *share = gate.squeeze(-1);
    const at::Tensor weights = dropout(at::softmax(scores, -1), text.dropout, text.stream);
    const at::Tensor change = at::bmm(weights, for_queries(at::cat(values), shape));
    const at::Tensor own = by_head(h, shape.heads);
    return (own + gate * (change - own)).transpose(0, 1).reshape(h.sizes());
}

} // namespace diapason
