#include "core/model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>
#include <optional>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// [T, n·w] -> [n, T, w], contiguous: one copy up front, then a sequence of a head is a plain matrix.
at::Tensor by_head(const at::Tensor& x, std::int64_t heads, std::int64_t width) {
    // A copy even where the rows lie as they should (one head, one token): the caller scales them in place.
    return x.reshape({x.size(0), heads, width}).transpose(0, 1).clone(at::MemoryFormat::Contiguous);
}

// [n, T, w] -> [T, n·w]
at::Tensor by_row(const at::Tensor& x) {
    return x.transpose(0, 1).reshape({x.size(1), x.size(0) * x.size(2)});
}

// Query heads that share a key/value head become more rows of one product: [n, S, w] -> [n_kv, group·S, w].
at::Tensor fold(const at::Tensor& x, std::int64_t kv_heads) {
    return x.size(0) == kv_heads ? x : x.reshape({kv_heads, -1, x.size(2)});
}

struct Node : torch::autograd::Function<Node> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& q_rows, const at::Tensor& k_rows,
                              const at::Tensor& v_rows, const std::optional<at::Tensor>& bias,
                              const AttentionRows& rows, const AttentionShape& shape, double dropout_p,
                              DropoutStream* stream, bool keep) {
        const auto q = by_head(q_rows, shape.heads, shape.head_width).mul_(shape.scale);
        const auto k = by_head(k_rows, shape.kv_heads, shape.head_width);
        const auto v = by_head(v_rows, shape.kv_heads, shape.head_width);
        auto out = at::empty_like(q);
        variable_list saved = {q, k, v};
        const bool drop = stream != nullptr && dropout_p > 0;
        for (std::size_t s = 0; s + 1 < rows.queries.size(); ++s) {
            const Place place(rows.queries, rows.keys, s, shape.unbiased_keys);
            auto scores = at::bmm(fold(place.query(q), shape.kv_heads), place.key(k).transpose(1, 2))
                              .view({shape.heads, place.queries, place.keys});
            if (bias) place.biased(scores).add_(place.pair(*bias));
            if (shape.causal && place.queries > 1) {
                scores.add_(
                    at::full({place.queries, place.keys}, -std::numeric_limits<float>::infinity(), scores.options())
                        .triu_(1 + place.keys - place.queries));
            }
            const auto probabilities = at::_softmax(scores, -1, false);
            auto weights = probabilities;
            if (keep) saved.push_back(probabilities);
            if (drop) {
                const auto mask = dropout_mask(probabilities, dropout_p, *stream);
                weights = probabilities * mask;
                if (keep) saved.push_back(mask);
            }
            place.query(out).copy_(at::bmm(weights.view({shape.kv_heads, -1, place.keys}), place.key(v))
                                       .view({shape.heads, place.queries, shape.head_width}));
        }
        if (keep) {
            ctx->save_for_backward(std::move(saved));
            ctx->saved_data["queries"] = rows.queries;
            ctx->saved_data["keys"] = rows.keys;
            ctx->saved_data["scale"] = shape.scale;
            ctx->saved_data["drop"] = drop;
            ctx->saved_data["unbiased"] = shape.unbiased_keys;
            if (bias) ctx->saved_data["bias_shape"] = bias->sizes().vec();
        }
        return by_row(out);
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const auto& q = saved[0]; // scaled
        const auto& k = saved[1];
        const auto& v = saved[2];
        const auto query_rows = ctx->saved_data["queries"].toIntVector();
        const auto key_rows = ctx->saved_data["keys"].toIntVector();
        const bool drop = ctx->saved_data["drop"].toBool();
        const std::int64_t unbiased = ctx->saved_data["unbiased"].toInt();
        const std::int64_t heads = q.size(0);
        const std::int64_t kv_heads = k.size(0);
        const std::int64_t width = q.size(2);
        const auto grad_out = by_head(gradients[0], heads, width);
        const bool need_q = ctx->needs_input_grad(0), need_k = ctx->needs_input_grad(1),
                   need_v = ctx->needs_input_grad(2),
                   need_bias = ctx->saved_data.count("bias_shape") != 0 && ctx->needs_input_grad(3);
        auto grad_q = need_q ? at::empty_like(q) : at::Tensor();
        auto grad_k = need_k ? at::empty_like(k) : at::Tensor();
        auto grad_v = need_v ? at::empty_like(v) : at::Tensor();
        auto grad_bias = need_bias ? at::zeros(ctx->saved_data["bias_shape"].toIntVector(), q.options()) : at::Tensor();
        std::size_t next = 3;
        for (std::size_t s = 0; s + 1 < query_rows.size(); ++s) {
            const Place place(query_rows, key_rows, s, unbiased);
            const auto probabilities = saved[next++];
            const auto mask = drop ? saved[next++] : at::Tensor();
            const auto weights = drop ? probabilities * mask : probabilities;
            const auto g = fold(place.query(grad_out), kv_heads);
            if (need_v) place.key(grad_v).copy_(at::bmm(weights.view({kv_heads, -1, place.keys}).transpose(1, 2), g));
            if (!need_q && !need_k && !need_bias) continue;
            auto grad_weights = at::bmm(g, place.key(v).transpose(1, 2)).view({heads, place.queries, place.keys});
            if (drop) grad_weights.mul_(mask);
            const auto grad_scores = at::_softmax_backward_data(grad_weights, probabilities, -1, at::kFloat);
            if (need_bias) place.pair(grad_bias).add_(place.biased(grad_scores));
            const auto folded = grad_scores.view({kv_heads, -1, place.keys});
            if (need_q) place.query(grad_q).copy_(at::bmm(folded, place.key(k)).view({heads, place.queries, width}));
            if (need_k) place.key(grad_k).copy_(at::bmm(folded.transpose(1, 2), fold(place.query(q), kv_heads)));
        }
        if (need_q) grad_q.mul_(ctx->saved_data["scale"].toDouble());
        const auto rows = [](const at::Tensor& x) { return x.defined() ? by_row(x) : x; };
        return {rows(grad_q), rows(grad_k), rows(grad_v), grad_bias, {}, {}, {}, {}, {}};
    }

private:
    // The rows of one sequence in tensors [n, T, w], and its pairs of positions in one of [n, L, L].
    struct Place {
        Place(const std::vector<std::int64_t>& query_rows, const std::vector<std::int64_t>& key_rows, std::size_t s,
              std::int64_t unbiased_keys)
            : first_query(query_rows[s]),
              queries(query_rows[s + 1] - first_query),
              first_key(key_rows[s]),
              keys(key_rows[s + 1] - first_key),
              unbiased(unbiased_keys) {}
        at::Tensor query(const at::Tensor& x) const { return x.narrow(1, first_query, queries); }
        at::Tensor key(const at::Tensor& x) const { return x.narrow(1, first_key, keys); }
        at::Tensor pair(const at::Tensor& x) const {
            const std::int64_t columns = keys - unbiased;
            return x.narrow(1, x.size(1) - queries, queries).narrow(2, x.size(2) - columns, columns);
        }
        // The columns of scores [n, queries, keys] that the bias is for.
        at::Tensor biased(const at::Tensor& x) const { return x.narrow(2, unbiased, keys - unbiased); }
        std::int64_t first_query, queries, first_key, keys, unbiased;
    };
};

} // namespace

at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionRows& rows,
                            const AttentionShape& shape, const at::Tensor& bias, double dropout_p,
                            DropoutStream* stream) {
    const bool keep = c10::GradMode::is_enabled() && (q.requires_grad() || k.requires_grad() || v.requires_grad() ||
                                                      (bias.defined() && bias.requires_grad()));
    return Node::apply(q, k, v, bias.defined() ? std::optional(bias) : std::nullopt, rows, shape, dropout_p, stream,
                       keep);
}

} // namespace diapason
