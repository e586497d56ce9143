// The two passes of packed attention, without gradients: in loops of our own on a CPU, in batched products elsewhere.
#pragma once

#include "core/model/attention.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace diapason {

/// One call of attention. Probabilities are kept flat, [Σ heads · queries · keys] over the sequences.
struct AttentionCall {
    std::vector<std::int64_t> queries, keys; ///< B+1 row numbers each
    std::vector<std::int64_t> offsets;       ///< B+1, of the probabilities
    AttentionShape shape;
    std::optional<DropoutKey> drop;

    AttentionCall(std::vector<std::int64_t> query_rows, std::vector<std::int64_t> key_rows, const AttentionShape& of,
                  std::optional<DropoutKey> mask);
};

/// [queries, keys]: -inf where a query does not see a key, else 0; undefined where all queries see all keys.
at::Tensor attention_mask(const AttentionShape& shape, std::int64_t queries, std::int64_t keys,
                          const at::TensorOptions& options);

/// @param bias undefined = none
/// @param probabilities set when `keep` is true
/// @return [Tq, heads·head_width]
at::Tensor attention_forward(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const at::Tensor& bias, bool keep, at::Tensor& probabilities);

struct AttentionGradients {
    at::Tensor q, k, v, bias;
};
struct AttentionNeeds {
    bool q = false, k = false, v = false, bias = false;
};

/// The gradients that are needed; the others stay undefined.
AttentionGradients attention_backward(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                                      const at::Tensor& v, const at::Tensor& bias, const at::Tensor& probabilities,
                                      const at::Tensor& grad_out, const AttentionNeeds& needs);

} // namespace diapason
