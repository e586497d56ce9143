// What core/kernels is made of: the same source compiled once for each instruction set.
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

struct Table {
    const char* name;
    void (*dropout)(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start);
    /// One head of one sequence.
    void (*attention)(const AttentionTask& task, const AttentionForward& data, std::int64_t sequence,
                      std::int64_t head);
    /// One key/value head of one sequence with all its query heads.
    void (*attention_backward)(const AttentionTask& task, const AttentionBackward& data, std::int64_t sequence,
                               std::int64_t kv_head);
};

constexpr std::int64_t lanes = 16; ///< floats of a vector; compilers split it where registers are narrower

/// Of one head: keys or values transposed, and two matrices of scores.
constexpr std::int64_t scratch_floats(std::int64_t queries, std::int64_t keys, std::int64_t width) {
    const std::int64_t padded = (keys + lanes - 1) / lanes * lanes;
    return (width + 2 * queries) * padded;
}

extern const Table base_table;
#ifdef DIAPASON_KERNELS_X86
extern const Table avx2_table, avx512_table;
#endif

} // namespace diapason::kernels
