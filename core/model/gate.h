// The gated activation of feed-forward blocks (SwiGLU: Shazeer 2020), in one pass on a CPU.
#pragma once

#include <ATen/core/Tensor.h>

namespace diapason {

/// silu(gate) · up. @param gate, up [T, width] @return the same shape
at::Tensor gated_silu(const at::Tensor& gate, const at::Tensor& up);

} // namespace diapason
