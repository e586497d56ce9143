// What goes over a tensor element by element: dropout, gated activations.
#include "core/kernels/simd/loops.h"
#include "core/kernels/simd/vector.h"

namespace diapason::kernels {
namespace {

// 1 / (1 + e^-x), from e^-|x| so that nothing overflows.
inline Vector sigmoid(Vector x) {
    const Vector z = exponential(x < Vector{} ? x : -x);
    return (x < Vector{} ? z : Vector{} + 1.0f) / (z + 1.0f);
}

// Φ(x) and e^(-x²/2): erfc by Abramowitz and Stegun 1964, 7.1.26, to 1.5e-7.
inline Vector normal_cdf(Vector x, Vector& density) {
    const Vector z = (x < Vector{} ? -x : x) * 0.70710678f;
    density = exponential(-z * z);
    const Vector t = 1.0f / (1.0f + 0.3275911f * z);
    Vector p = Vector{} + 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    const Vector tail = 0.5f * p * t * density;
    return x < Vector{} ? tail : 1.0f - tail;
}

// Calls on vectors of the n elements from i on; the last ones through copies of `buffers` that are padded with zeros.
template <int Inputs, int Outputs, typename Body>
inline void each(const float* const (&inputs)[Inputs], float* const (&outputs)[Outputs], std::int64_t n, Body body) {
    std::int64_t i = 0;
    Vector in[Inputs], out[Outputs];
    for (; i + lanes <= n; i += lanes) {
        for (int k = 0; k < Inputs; ++k)
            in[k] = load(inputs[k] + i);
        body(in, out, i);
        for (int k = 0; k < Outputs; ++k)
            store(outputs[k] + i, out[k]);
    }
    if (i == n) return;
    for (int k = 0; k < Inputs; ++k) {
        in[k] = Vector{};
        for (std::int64_t j = i; j < n; ++j)
            in[k][j - i] = inputs[k][j];
    }
    body(in, out, i);
    for (int k = 0; k < Outputs; ++k) {
        for (std::int64_t j = i; j < n; ++j)
            outputs[k][j] = out[k][j - i];
    }
}

} // namespace

namespace DIAPASON_KERNELS_LEVEL {

void dropout(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start) {
    drop(x, y, n, mask, start);
}

void add_dropped(const float* residual, const float* x, float* y, std::int64_t n, const DropoutKey& mask,
                 std::uint32_t start) {
    each<2, 1>({residual, x}, {y}, n, [&](const Vector* in, Vector* out, std::int64_t i) {
        out[0] = in[0] + in[1] * mask_of(mask, start + static_cast<std::uint32_t>(i));
    });
}

void gelu(const float* x, float* y, std::int64_t n) {
    each<1, 1>({x}, {y}, n, [](const Vector* in, Vector* out, std::int64_t) {
        Vector density;
        out[0] = in[0] * normal_cdf(in[0], density);
    });
}

void gelu_backward(const float* x, const float* grad, float* grad_x, std::int64_t n) {
    each<2, 1>({x, grad}, {grad_x}, n, [](const Vector* in, Vector* out, std::int64_t) {
        Vector density;
        const Vector cdf = normal_cdf(in[0], density);
        out[0] = in[1] * (cdf + in[0] * density * 0.39894228f);
    });
}

void gate(const float* gate, const float* up, float* y, std::int64_t n) {
    each<2, 1>({gate, up}, {y}, n,
               [](const Vector* in, Vector* out, std::int64_t) { out[0] = in[0] * sigmoid(in[0]) * in[1]; });
}

void gate_backward(const float* gate, const float* up, const float* grad, float* grad_gate, float* grad_up,
                   std::int64_t n) {
    each<3, 2>({gate, up, grad}, {grad_gate, grad_up}, n, [](const Vector* in, Vector* out, std::int64_t) {
        const Vector s = sigmoid(in[0]);
        out[0] = in[2] * in[1] * s * (1.0f + in[0] * (1.0f - s));
        out[1] = in[2] * in[0] * s;
    });
}

} // namespace DIAPASON_KERNELS_LEVEL
} // namespace diapason::kernels
