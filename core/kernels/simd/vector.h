// Vectors of floats for whatever instruction set a unit is compiled for. Everything has internal linkage: of
// functions that units of different instruction sets share the linker would keep one copy for all.
#pragma once

#include "core/kernels/simd/table.h"

namespace diapason::kernels {
namespace {

// Generic vectors of the compiler, as wide as the registers: wider ones are taken apart, comparisons element by
// element.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
constexpr std::int64_t lanes = vector_bytes / 4;
typedef float Vector __attribute__((vector_size(vector_bytes)));
typedef float Unaligned __attribute__((vector_size(vector_bytes), aligned(4), may_alias));
typedef std::int32_t Integers __attribute__((vector_size(vector_bytes)));
typedef std::uint32_t Words __attribute__((vector_size(vector_bytes)));

// Known to the compiler: nothing of a unit may run before it is known that the processor can.
#if defined(__AVX512F__)
constexpr Integers lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif defined(__AVX2__)
constexpr Integers lane = {0, 1, 2, 3, 4, 5, 6, 7};
#else
constexpr Integers lane = {0, 1, 2, 3};
#endif

inline Vector load(const float* p) {
    return *reinterpret_cast<const Unaligned*>(p);
}
inline void store(float* p, Vector x) {
    *reinterpret_cast<Unaligned*>(p) = x;
}
// In double precision: what cancels afterwards keeps its digits.
inline float sum_of(Vector x) {
    double sum = 0;
    for (int i = 0; i < lanes; ++i)
        sum += static_cast<double>(x[i]);
    return static_cast<float>(sum);
}

// "lowbias32" (Ellis 2018): 32-bit multiplications only.
template <typename T>
inline T hash32(T x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

inline Vector mask_of(const DropoutKey& mask, std::uint32_t first) {
    const Words h = hash32((reinterpret_cast<Words>(lane) + first) ^ mask.key) ^ mask.whitening;
    const Integers kept = h >= mask.threshold;
    const Vector keep = Vector{} + mask.keep;
    return reinterpret_cast<Vector>(reinterpret_cast<Integers>(keep) & kept);
}

inline float mask_at(const DropoutKey& mask, std::uint32_t i) {
    return (hash32(i ^ mask.key) ^ mask.whitening) < mask.threshold ? 0.0f : mask.keep;
}

// y = x · mask from element `start` of the mask on.
inline void drop(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start) {
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
        store(y + i, load(x + i) * mask_of(mask, start + static_cast<std::uint32_t>(i)));
    for (; i < n; ++i)
        y[i] = x[i] * mask_at(mask, start + static_cast<std::uint32_t>(i));
}

// e^x to about 1 ulp for x <= 0; below -87 the smallest normal number or so.
inline Vector exponential(Vector x) {
    const Vector low = Vector{} - 87.0f;
    x = x < low ? low : x;
    constexpr float round = 12582912.0f; // 1.5 · 2^23: adding it rounds to an integer
    const Vector n = (x * 1.44269504088896341f + round) - round;
    const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    Vector p = Vector{} + 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
    return p * reinterpret_cast<Vector>(power);
}

} // namespace
} // namespace diapason::kernels
