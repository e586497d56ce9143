// Activations of feed-forward blocks, each in one pass on a CPU.
#pragma once

#include "core/backbone/backbone_config.h"

#include <ATen/core/Tensor.h>

namespace diapason {

at::Tensor activate(const at::Tensor& x, Activation kind);

/// The gate of SwiGLU (Shazeer 2020): silu(gate) · up. @param gate, up [T, width] @return the same shape
at::Tensor gated_silu(const at::Tensor& gate, const at::Tensor& up);

} // namespace diapason
