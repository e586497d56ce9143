// Prefixes as they are written in the unified view (He et al. 2022, eq. 5): an attention over rows of its own, mixed
// with that over the text by a gate.
#pragma once

#include "core/model/attention.h"
#include "core/model/deltas.h"

#include <vector>

namespace diapason {

/// What attention over the text has been.
struct TextAttention {
    at::Tensor queries, keys; ///< [Tq, heads·head_width], [Tk, kv_heads·head_width]
    const AttentionRows& rows;
    const AttentionShape& shape;
    at::Tensor bias;            ///< undefined = none
    bool prefix_biased = false; ///< rows of a gated prefix have their places in the bias too, in front of the text's
    double dropout = 0;
    DropoutStream* stream = nullptr;
};

/// (1−λ)h + λ softmax(q P_kᵀ)P_v, λ = Σ exp(q P_kᵀ) / (Σ exp(q P_kᵀ) + Σ exp(q kᵀ)), one for each query and head.
/// @param h [Tq, heads·head_width], the attention over the text @param prefixes rows that make one P together
/// @param share null, or where λ goes, [heads, Tq]
at::Tensor add_gated_prefixes(const at::Tensor& h, const TextAttention& text, const std::vector<KeyValues>& prefixes,
                              at::Tensor* share = nullptr);

/// The share of every query's attention that goes to the first `length` keys of its sequence, [heads, Tq]: λ of an
/// attention that holds its prefix among the keys. Dropout plays no part.
at::Tensor prefix_share(const TextAttention& whole, std::int64_t length);

} // namespace diapason
