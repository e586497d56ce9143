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
    double scale = 1; ///< of q·k before the softmax
};

/// softmax(scale · q kᵀ [+ causal mask]) v within every sequence.
/// @param q [T, heads·head_width], k and v [T, kv_heads·head_width], float
/// @param offsets B+1 row numbers, 0 … T
/// @param dropout_p of the probabilities; used when stream is not null
/// @return [T, heads·head_width]; gradients flow to q, k and v only as far as they are needed
at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const std::vector<std::int64_t>& offsets, const AttentionShape& shape, double dropout_p = 0,
                            DropoutStream* stream = nullptr);

} // namespace diapason
