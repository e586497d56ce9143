#include "core/kernels/simd/table.h"

#include <algorithm>
#include <memory>

namespace diapason::kernels {
namespace {

const Table& table() {
    static const Table& chosen = []() -> const Table& {
#ifdef DIAPASON_KERNELS_X86
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
            return avx512_table;
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_table;
#endif
        return base_table;
    }();
    return chosen;
}

std::int64_t scratch_of(const AttentionTask& task) {
    std::int64_t size = 1;
    for (std::int64_t s = 0; s < task.sequences; ++s) {
        size = std::max(size, scratch_floats(task.query_rows[s + 1] - task.query_rows[s],
                                             task.key_rows[s + 1] - task.key_rows[s], task.width));
    }
    return size;
}

} // namespace

void dropout(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start) {
    constexpr std::int64_t part = 16384; // a few microseconds
    const std::int64_t parts = (n + part - 1) / part;
#pragma omp parallel for schedule(static) if (parts > 1)
    for (std::int64_t p = 0; p < parts; ++p) {
        const std::int64_t begin = p * part;
        table().dropout(x + begin, y + begin, std::min(part, n - begin), mask,
                        start + static_cast<std::uint32_t>(begin));
    }
}

void attention(const AttentionTask& task, const float* q, const float* k, const float* v, float* probabilities,
               float* out) {
    const std::int64_t size = scratch_of(task), pieces = task.sequences * task.heads;
#pragma omp parallel if (pieces > 1)
    {
        const auto scratch = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(size));
        const AttentionForward data{q, k, v, probabilities, out, scratch.get()};
#pragma omp for schedule(static)
        for (std::int64_t piece = 0; piece < pieces; ++piece)
            table().attention(task, data, piece / task.heads, piece % task.heads);
    }
}

void attention_backward(const AttentionTask& task, const float* q, const float* k, const float* v,
                        const float* probabilities, const float* grad_out, float* grad_q, float* grad_k, float* grad_v,
                        float* grad_bias) {
    // Sequences add to the same bias: heads are shared among the threads, the sequences of one go one after the other.
    const std::int64_t size = scratch_of(task);
    const std::int64_t at_once = grad_bias != nullptr ? 1 : task.sequences;
    const std::int64_t in_turn = grad_bias != nullptr ? task.sequences : 1;
    const std::int64_t pieces = task.kv_heads * at_once;
#pragma omp parallel if (pieces > 1)
    {
        const auto scratch = std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(size));
        const AttentionBackward data{q,      k,      v,      probabilities, grad_out,
                                     grad_q, grad_k, grad_v, grad_bias,     scratch.get()};
#pragma omp for schedule(static)
        for (std::int64_t piece = 0; piece < pieces; ++piece) {
            for (std::int64_t turn = 0; turn < in_turn; ++turn)
                table().attention_backward(task, data, piece / task.kv_heads + turn, piece % task.kv_heads);
        }
    }
}

const char* instruction_set() {
    return table().name;
}

} // namespace diapason::kernels
