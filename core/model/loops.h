// Which tensors core/kernels computes with.
#pragma once

#include <ATen/core/Tensor.h>

namespace diapason {

/// Others take the general way, in tensor operations.
inline bool in_loops(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat;
}

} // namespace diapason
