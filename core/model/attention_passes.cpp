#include "core/model/attention_passes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <limits>

namespace diapason {
namespace {

// Beyond this length a head's keys leave the inner caches, and the products of the BLAS win.
constexpr std::int64_t longest_in_loops = 256;

bool in_loops(const AttentionCall& call, const at::Tensor& q) {
    if (!q.is_cpu() || q.scalar_type() != at::kFloat) return false;
    for (std::size_t s = 0; s + 1 < call.keys.size(); ++s) {
        if (call.keys[s + 1] - call.keys[s] > longest_in_loops) return false;
    }
    return true;
}

kernels::AttentionTask task_of(const AttentionCall& call, const at::Tensor& bias) {
    kernels::AttentionTask task;
    task.sequences = std::ssize(call.queries) - 1;
    task.query_rows = call.queries.data();
    task.key_rows = call.keys.data();
    task.probability_offsets = call.offsets.data();
    task.heads = call.shape.heads;
    task.kv_heads = call.shape.kv_heads;
    task.width = call.shape.head_width;
    task.causal = call.shape.causal;
    task.window = call.shape.window;
    task.scale = static_cast<float>(call.shape.scale);
    if (bias.defined()) {
        task.bias = bias.const_data_ptr<float>();
        task.bias_queries = bias.size(1);
        task.bias_keys = bias.size(2);
        task.unbiased_keys = call.shape.unbiased_keys;
    }
    if (call.drop) task.drop = &*call.drop;
    return task;
}

// [T, n·w] -> [n, T, w], contiguous: one copy up front, then a sequence of a head is a plain matrix.
at::Tensor by_head(const at::Tensor& x, std::int64_t heads, std::int64_t width) {
    // A copy even where the rows lie as they should (one head, one token): the caller scales them in place.
    return x.reshape({x.size(0), heads, width}).transpose(0, 1).clone(at::MemoryFormat::Contiguous);
}

// [n, T, w] -> [T, n·w]
at::Tensor by_row(const at::Tensor& x) {
    return x.defined() ? x.transpose(0, 1).reshape({x.size(1), x.size(0) * x.size(2)}) : x;
}

// Query heads that share a key/value head become more rows of one product: [n, S, w] -> [n_kv, group·S, w].
at::Tensor fold(const at::Tensor& x, std::int64_t kv_heads) {
    return x.size(0) == kv_heads ? x : x.reshape({kv_heads, -1, x.size(2)});
}

// The rows of one sequence in tensors [n, T, w], and its pairs of positions in one of [n, L, L].
struct Place {
    Place(const AttentionCall& call, std::size_t s)
        : first_query(call.queries[s]),
          queries(call.queries[s + 1] - first_query),
          first_key(call.keys[s]),
          keys(call.keys[s + 1] - first_key),
          offset(call.offsets[s]),
          heads(call.shape.heads),
          unbiased(call.shape.unbiased_keys) {}
    at::Tensor query(const at::Tensor& x) const { return x.narrow(1, first_query, queries); }
    at::Tensor key(const at::Tensor& x) const { return x.narrow(1, first_key, keys); }
    at::Tensor pair(const at::Tensor& x) const {
        const std::int64_t columns = keys - unbiased;
        return x.narrow(1, x.size(1) - queries, queries).narrow(2, x.size(2) - columns, columns);
    }
    // The columns of scores [n, queries, keys] that the bias is for.
    at::Tensor biased(const at::Tensor& x) const { return x.narrow(2, unbiased, keys - unbiased); }
    at::Tensor flat(const at::Tensor& x) const {
        return x.narrow(0, offset, heads * queries * keys).view({heads, queries, keys});
    }
    std::int64_t first_query, queries, first_key, keys, offset, heads, unbiased;
};

at::Tensor forward_in_products(const AttentionCall& call, const at::Tensor& q_rows, const at::Tensor& k_rows,
                               const at::Tensor& v_rows, const at::Tensor& bias, const at::Tensor& kept) {
    const AttentionShape& shape = call.shape;
    const auto q = by_head(q_rows, shape.heads, shape.head_width).mul_(shape.scale);
    const auto k = by_head(k_rows, shape.kv_heads, shape.head_width);
    const auto v = by_head(v_rows, shape.kv_heads, shape.head_width);
    auto out = at::empty_like(q);
    for (std::size_t s = 0; s + 1 < call.queries.size(); ++s) {
        const Place place(call, s);
        if (place.queries == 0) continue;
        auto scores = at::bmm(fold(place.query(q), shape.kv_heads), place.key(k).transpose(1, 2))
                          .view({shape.heads, place.queries, place.keys});
        if (bias.defined()) place.biased(scores).add_(place.pair(bias));
        const auto mask = attention_mask(shape, place.queries, place.keys, scores.options());
        if (mask.defined()) scores.add_(mask);
        auto weights = at::_softmax(scores, -1, false);
        if (kept.defined()) place.flat(kept).copy_(weights);
        if (call.drop) weights = apply_mask(weights, *call.drop, place.offset);
        place.query(out).copy_(at::bmm(weights.view({shape.kv_heads, -1, place.keys}), place.key(v))
                                   .view({shape.heads, place.queries, shape.head_width}));
    }
    return by_row(out);
}

AttentionGradients backward_in_products(const AttentionCall& call, const at::Tensor& q_rows, const at::Tensor& k_rows,
                                        const at::Tensor& v_rows, const at::Tensor& kept, const at::Tensor& grad_rows,
                                        const AttentionGradients& into) {
    const AttentionShape& shape = call.shape;
    const std::int64_t kv_heads = shape.kv_heads;
    const auto q = by_head(q_rows, shape.heads, shape.head_width).mul_(shape.scale);
    const auto k = by_head(k_rows, kv_heads, shape.head_width);
    const auto v = by_head(v_rows, kv_heads, shape.head_width);
    const auto grad_out = by_head(grad_rows, shape.heads, shape.head_width);
    auto grad_q = into.q.defined() ? at::zeros_like(q) : at::Tensor();
    auto grad_k = into.k.defined() ? at::zeros_like(k) : at::Tensor();
    auto grad_v = into.v.defined() ? at::zeros_like(v) : at::Tensor();
    for (std::size_t s = 0; s + 1 < call.queries.size(); ++s) {
        const Place place(call, s);
        if (place.queries == 0) continue;
        const auto probabilities = place.flat(kept);
        const auto weights = call.drop ? apply_mask(probabilities, *call.drop, place.offset) : probabilities;
        const auto g = fold(place.query(grad_out), kv_heads);
        if (grad_v.defined())
            place.key(grad_v).copy_(at::bmm(weights.view({kv_heads, -1, place.keys}).transpose(1, 2), g));
        if (!grad_q.defined() && !grad_k.defined() && !into.bias.defined()) continue;
        auto grad_weights = at::bmm(g, place.key(v).transpose(1, 2)).view({shape.heads, place.queries, place.keys});
        if (call.drop) grad_weights = apply_mask(grad_weights, *call.drop, place.offset);
        const auto grad_scores = at::_softmax_backward_data(grad_weights, probabilities, -1, q.scalar_type());
        if (into.bias.defined()) place.pair(into.bias).add_(place.biased(grad_scores));
        const auto folded = grad_scores.view({kv_heads, -1, place.keys});
        if (grad_q.defined())
            place.query(grad_q).copy_(
                at::bmm(folded, place.key(k)).view({shape.heads, place.queries, shape.head_width}));
        if (grad_k.defined()) place.key(grad_k).copy_(at::bmm(folded.transpose(1, 2), fold(place.query(q), kv_heads)));
    }
    if (grad_q.defined()) grad_q.mul_(shape.scale);
    return {by_row(grad_q), by_row(grad_k), by_row(grad_v), into.bias};
}

} // namespace

AttentionCall::AttentionCall(std::vector<std::int64_t> query_rows, std::vector<std::int64_t> key_rows,
                             const AttentionShape& of, std::optional<DropoutKey> mask)
    : queries(std::move(query_rows)),
      keys(std::move(key_rows)),
      offsets(1, 0),
      shape(of),
      drop(mask) {
    for (std::size_t s = 0; s + 1 < queries.size(); ++s)
        offsets.push_back(offsets.back() + shape.heads * (queries[s + 1] - queries[s]) * (keys[s + 1] - keys[s]));
}

at::Tensor attention_mask(const AttentionShape& shape, std::int64_t queries, std::int64_t keys,
                          const at::TensorOptions& options) {
    const bool later = shape.causal && queries > 1, older = shape.causal && shape.window > 0 && keys > shape.window;
    if (!later && !older) return {};
    const auto hidden = at::full({queries, keys}, -std::numeric_limits<float>::infinity(), options);
    const auto mask = hidden.triu(1 + keys - queries);
    return older ? mask + hidden.tril(keys - queries - shape.window) : mask;
}

at::Tensor attention_forward(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const at::Tensor& bias, bool keep, at::Tensor& probabilities) {
    if (keep) probabilities = at::empty({call.offsets.back()}, q.options());
    if (!in_loops(call, q)) return forward_in_products(call, q, k, v, bias, probabilities);
    const at::Tensor queries = q.contiguous(), keys = k.contiguous(), values = v.contiguous();
    const at::Tensor added = bias.defined() ? bias.contiguous() : bias;
    at::Tensor out = at::empty_like(queries);
    kernels::attention(task_of(call, added), queries.const_data_ptr<float>(), keys.const_data_ptr<float>(),
                       values.const_data_ptr<float>(), keep ? probabilities.mutable_data_ptr<float>() : nullptr,
                       out.mutable_data_ptr<float>());
    return out;
}

AttentionGradients attention_backward(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                                      const at::Tensor& v, const at::Tensor& bias, const at::Tensor& probabilities,
                                      const at::Tensor& grad_out, const AttentionNeeds& needs) {
    AttentionGradients into;
    if (needs.q) into.q = at::empty(q.sizes(), q.options());
    if (needs.k) into.k = at::empty(k.sizes(), k.options());
    if (needs.v) into.v = at::empty(v.sizes(), v.options());
    if (needs.bias) into.bias = at::zeros_like(bias, bias.options(), at::MemoryFormat::Contiguous);
    if (!in_loops(call, q)) return backward_in_products(call, q, k, v, probabilities, grad_out, into);
    const at::Tensor queries = q.contiguous(), keys = k.contiguous(), values = v.contiguous();
    const at::Tensor grad = grad_out.contiguous();
    const at::Tensor added = bias.defined() ? bias.contiguous() : bias;
    const auto pointer = [](const at::Tensor& x) { return x.defined() ? x.mutable_data_ptr<float>() : nullptr; };
    kernels::attention_backward(task_of(call, added), queries.const_data_ptr<float>(), keys.const_data_ptr<float>(),
                                values.const_data_ptr<float>(), probabilities.const_data_ptr<float>(),
                                grad.const_data_ptr<float>(), pointer(into.q), pointer(into.k), pointer(into.v),
                                pointer(into.bias));
    return into;
}

} // namespace diapason
