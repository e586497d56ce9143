// x Wᵀ + b, the product that nearly all of a step's time goes into.
#pragma once

#include "core/model/deltas.h"

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <vector>

namespace diapason {

/// What a product is computed in; its inputs and its result are float32, and so is all else.
enum class Precision { float32, bfloat16 };

/// As at::linear. On a CPU in float32 the faster of oneDNN and the BLAS computes it (docs/PERFORMANCE.md); weights stay
/// as they lie, mapped ones too.
/// @param x [T, in]; @param weight [out, in], any strides, also in 16 bits; @param bias [out] or undefined
/// @return [T, out]; gradients flow to those of the three that need them
at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {},
                      Precision precision = Precision::float32);

/// A map with a low-rank term: x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ.
struct MapCall {
    at::Tensor weight, bias; ///< as of linear_map()
    std::optional<LowRankTerm> term;
    Precision precision = Precision::float32; ///< of the product with the weight
};

/// Several maps of one input in one node of the graph: the terms' products with x are one product, and so is what they
/// give to the gradient of x; sums are added to where they lie.
/// @param stream of the terms' dropout, which is drawn in the order of the maps, once for terms that share A; null =
/// off
std::vector<at::Tensor> linear_maps(const at::Tensor& x, std::span<const MapCall> maps, DropoutStream* stream);

} // namespace diapason
