// Attention over packed sequences: one autograd node, no padding, no mask tensor.
#pragma once

#include "core/model/dropout.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace diapason {

struct AttentionShape {
    std::int64_t heads = 1;
    std::int64_t kv_heads = 1; ///< divides heads; grouped-query attention when smaller
    std::int64_t head_width = 1;
    bool causal = false;
    double scale = 1;               ///< of q·k before the softmax
    std::int64_t unbiased_keys = 0; ///< first keys of every sequence that the bias passes over
    /// Of a causal attention: a query sees so many keys, its own the last of them; 0 = all. Rows of a prefix count, as
    /// they do in transformers.
    std::int64_t window = 0;
};

/// Where the sequences lie: B+1 row numbers each, 0 … T. Equal ones for self-attention over a whole text; a text that
/// goes on from a cache, or attends to another one, has more keys than queries. A causal query sees the keys up to its
/// own, the last query being the last key.
struct AttentionRows {
    const std::vector<std::int64_t>& queries;
    const std::vector<std::int64_t>& keys;
};

/// softmax(scale · q kᵀ + bias [+ causal mask]) v within every sequence.
/// @param q [Tq, heads·head_width], k and v [Tk, kv_heads·head_width], float
/// @param bias [heads, Lq, Lk] over positions (query, biased key), at least as long as the longest sequence; shorter
/// ones take its last rows and columns, so that it may depend on distances only; undefined = none
/// @param dropout_p of the probabilities; used when stream is not null
/// @return [Tq, heads·head_width]; gradients flow to q, k, v and bias only as far as they are needed
at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionRows& rows,
                            const AttentionShape& shape, const at::Tensor& bias = {}, double dropout_p = 0,
                            DropoutStream* stream = nullptr);

} // namespace diapason
