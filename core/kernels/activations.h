// Loops over elements that feed-forward blocks need: as core/kernels/kernels.h.
#pragma once

#include <cstdint>

namespace diapason::kernels {

/// y[i] = x[i] · Φ(x[i]), Φ of the normal distribution; to 1e-7 · |x|. y may be x.
void gelu(const float* x, float* y, std::int64_t n);
/// The gradient of x from that of y. grad_x may be grad.
void gelu_backward(const float* x, const float* grad, float* grad_x, std::int64_t n);

/// y[i] = silu(gate[i]) · up[i], silu(x) = x / (1 + e^-x).
void gate(const float* gate, const float* up, float* y, std::int64_t n);
/// Its gradients from that of y.
void gate_backward(const float* gate, const float* up, const float* grad, float* grad_gate, float* grad_up,
                   std::int64_t n);

} // namespace diapason::kernels
