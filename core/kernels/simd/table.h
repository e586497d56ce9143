// What core/kernels is made of: the same sources compiled once for each instruction set.
#pragma once

#include "core/kernels/kernels.h"

namespace diapason::kernels {

/// Where attention() and attention_backward() read and write, and a scratch of scratch_floats() for one thread.
struct AttentionForward {
    const float *q, *k, *v;
    float *probabilities, *out, *scratch;
};
struct AttentionBackward {
    const float *q, *k, *v, *probabilities, *grad_out;
    float *grad_q, *grad_k, *grad_v, *grad_bias, *scratch;
};

/// The loops of one instruction set, for one thread each: the whole of a part that dispatch.cpp cuts off.
struct Table {
    const char* name;
    void (*dropout)(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start);
    /// One head of one sequence.
    void (*attention)(const AttentionTask& task, const AttentionForward& data, std::int64_t sequence,
                      std::int64_t head);
    /// One key/value head of one sequence with all its query heads.
    void (*attention_backward)(const AttentionTask& task, const AttentionBackward& data, std::int64_t sequence,
                               std::int64_t kv_head);
    /// Rows first to last - 1.
    void (*norm)(const NormTask& task, const NormForward& data, std::int64_t first, std::int64_t last);
    void (*norm_backward)(const NormTask& task, const NormBackward& data, std::int64_t first, std::int64_t last);
    void (*rotate)(const RotaryTask& task, const float* x, float* y, bool back, std::int64_t first, std::int64_t last);
    void (*add_dropped)(const float* residual, const float* x, float* y, std::int64_t n, const DropoutKey& mask,
                        std::uint32_t start);
    void (*gelu)(const float* x, float* y, std::int64_t n);
    void (*gelu_backward)(const float* x, const float* grad, float* grad_x, std::int64_t n);
    void (*gate)(const float* gate, const float* up, float* y, std::int64_t n);
    void (*gate_backward)(const float* gate, const float* up, const float* grad, float* grad_gate, float* grad_up,
                          std::int64_t n);
};

constexpr std::int64_t padding = 16; ///< rows of scores are so many floats or a multiple: whole vectors

/// Of one head: keys or values transposed, and two matrices of scores.
constexpr std::int64_t scratch_floats(std::int64_t queries, std::int64_t keys, std::int64_t width) {
    const std::int64_t padded = (keys + padding - 1) / padding * padding;
    return (width + 2 * queries) * padded;
}

// One namespace an instruction set: base, avx2, avx512.
namespace base {
extern const Table table;
}
#ifdef DIAPASON_KERNELS_X86
namespace avx2 {
extern const Table table;
}
namespace avx512 {
extern const Table table;
}
#endif

} // namespace diapason::kernels
