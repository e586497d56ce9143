// How alike the masks of layers are (Zeng et al. 2023, §5).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace diapason {

/// Shared ones ÷ all ones of each pair (Jaccard), [n, n], float64; two masks without a one are alike.
/// @param masks n tensors of zeros and ones, all of one shape
at::Tensor mask_overlap(const std::vector<at::Tensor>& masks);

} // namespace diapason
