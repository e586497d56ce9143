// The few loops that a step on a CPU spends time in beside matrix products: plain pointers, no torch. Each is compiled
// for several instruction sets and picked once, by what the processor has; ranges are shared among the threads that
// OpenMP is set to. Tensors of other devices take the general way of core/model.
#pragma once

#include <cstdint>

namespace diapason::kernels {

/// The mask of a dropout call: element i is dropped when a hash of (key, whitening, start + i) is below the threshold.
struct DropoutKey {
    std::uint32_t key = 0, whitening = 0;
    std::uint32_t threshold = 0; ///< p in units of 2^-32
    float keep = 1;              ///< 1 / (1 - p), what a kept element is multiplied by
};

/// y[i] = x[i] · mask(start + i). y may be x.
void dropout(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start = 0);

/// y[i] = residual[i] + x[i] · mask(i). y may be x or residual.
void add_dropped(const float* residual, const float* x, float* y, std::int64_t n, const DropoutKey& mask);

/// LayerNorm or RMSNorm over rows of `width` floats, of x or of residual + dropout(x).
struct NormTask {
    std::int64_t rows = 0, width = 0;
    bool centred = true; ///< LayerNorm: less the mean
    float eps = 0;
    const float* weight = nullptr;    ///< [width]
    const float* bias = nullptr;      ///< [width]; null = none
    const DropoutKey* drop = nullptr; ///< of x, where there is a residual; null = none
};
struct NormForward {
    const float* x = nullptr;
    const float* residual = nullptr; ///< null = none
    float* sum = nullptr;            ///< written where there is a residual: what is normed
    float* y = nullptr;
    float* stats = nullptr; ///< [rows, 2], written: mean and 1 / deviation
};
struct NormBackward {
    const float* sum = nullptr; ///< what was normed
    const float* stats = nullptr;
    const float* grad_y = nullptr;
    float* grad_residual = nullptr; ///< of what was normed, and so of the residual; null = not asked
    float* grad_x = nullptr;        ///< the same behind the dropout; null = not asked, or there is none
    /// [norm_parts(rows), width], written: their sums over the first index are the gradients. Null = not asked.
    float *grad_weight = nullptr, *grad_bias = nullptr;
};
/// Parts of the rows that are summed apart: as many for every number of threads, so that sums have the same bits.
std::int64_t norm_parts(std::int64_t rows);
void norm(const NormTask& task, const NormForward& data);
void norm_backward(const NormTask& task, const NormBackward& data);

/// Rotary positions: in each head, halves (a, b) become (a·cos - b·sin, b·cos + a·sin).
struct RotaryTask {
    std::int64_t rows = 0, heads = 1, width = 1;    ///< width of a head, even
    const float *cosine = nullptr, *sine = nullptr; ///< [rows, width]
};
/// @param back true: the transpose, for gradients. y must not be x.
void rotate(const RotaryTask& task, const float* x, float* y, bool back = false);

/// Attention of packed sequences; heads · width floats a row, rows one after the other.
struct AttentionTask {
    std::int64_t sequences = 0;
    const std::int64_t* query_rows = nullptr; ///< sequences + 1
    const std::int64_t* key_rows = nullptr;   ///< sequences + 1
    /// Of each sequence's first probability in `probabilities`, sequences + 1: heads · queries · keys floats a
    /// sequence.
    const std::int64_t* probability_offsets = nullptr;
    std::int64_t heads = 1, kv_heads = 1, width = 1;
    bool causal = false;     ///< a query sees the keys up to its own, the last query being the last key
    std::int64_t window = 0; ///< of a causal task: a query sees so many keys, its own the last of them; 0 = all
    float scale = 1;
    const float* bias = nullptr; ///< [heads, bias_queries, bias_keys]; a sequence takes its last rows and columns
    std::int64_t bias_queries = 0, bias_keys = 0;
    std::int64_t unbiased_keys = 0;   ///< of each sequence, in front: the bias is not for them
    const DropoutKey* drop = nullptr; ///< null = none; element i is probability i
};

/// @param q [Tq, heads · width], k and v [Tk, kv_heads · width]
/// @param probabilities written: softmax, before dropout; null = not kept
/// @param out [Tq, heads · width]
void attention(const AttentionTask& task, const float* q, const float* k, const float* v, float* probabilities,
               float* out);

/// The gradients of attention(); each of the four may be null. Those of the bias are added to.
void attention_backward(const AttentionTask& task, const float* q, const float* k, const float* v,
                        const float* probabilities, const float* grad_out, float* grad_q, float* grad_k, float* grad_v,
                        float* grad_bias);

/// The instruction set in use: "avx512", "avx2" or "base".
const char* instruction_set();

} // namespace diapason::kernels
