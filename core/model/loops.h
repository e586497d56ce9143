// What passes of core/model ask of their tensors: which core/kernels computes with, which need a graph.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

namespace diapason {

/// Others take the general way, in tensor operations.
inline bool in_loops(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat;
}

/// Undefined tensors need none.
inline bool needs_gradient(const at::Tensor& x) {
    return x.defined() && x.requires_grad();
}

/// True when a result of these has to know how it was made.
template <typename... Tensors>
bool differentiable(const Tensors&... x) {
    return c10::GradMode::is_enabled() && (needs_gradient(x) || ...);
}

/// In float32: itself, or a copy where it is in 16 bits.
inline at::Tensor widened(const at::Tensor& x) {
    return at::isReducedFloatingType(x.scalar_type()) ? x.to(at::kFloat) : x;
}

} // namespace diapason
