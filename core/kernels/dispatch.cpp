#include "core/kernels/activations.h"
#include "core/kernels/simd/table.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace diapason::kernels {
namespace {

// The best that the processor has and DIAPASON_KERNELS, which may name a set, allows.
const Table& table() {
    static const Table& chosen = []() -> const Table& {
#ifdef DIAPASON_KERNELS_X86
        const char* named = std::getenv("DIAPASON_KERNELS");
        const std::string_view most = named == nullptr ? "avx512" : named;
        if (most == "avx512" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
            return avx512::table;
        if (most != "base" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table;
#endif
        return base::table;
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

// Calls body(first, last) on parts of a few microseconds' work, shared among the threads.
template <typename Body>
void in_parts(std::int64_t n, std::int64_t part, Body body) {
    const std::int64_t parts = (n + part - 1) / part;
#pragma omp parallel for schedule(static) if (parts > 1)
    for (std::int64_t p = 0; p < parts; ++p)
        body(p * part, std::min((p + 1) * part, n));
}

constexpr std::int64_t elements_at_once = 16384, norm_rows_at_once = 32;

std::int64_t rows_at_once(std::int64_t row) {
    return std::max<std::int64_t>(1, elements_at_once / std::max<std::int64_t>(1, row));
}

} // namespace

void dropout(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start) {
    in_parts(n, elements_at_once, [&](std::int64_t i, std::int64_t end) {
        table().dropout(x + i, y + i, end - i, mask, start + static_cast<std::uint32_t>(i));
    });
}

void add_dropped(const float* residual, const float* x, float* y, std::int64_t n, const DropoutKey& mask) {
    in_parts(n, elements_at_once, [&](std::int64_t i, std::int64_t end) {
        table().add_dropped(residual + i, x + i, y + i, end - i, mask, static_cast<std::uint32_t>(i));
    });
}

void gelu(const float* x, float* y, std::int64_t n) {
    in_parts(n, elements_at_once, [&](std::int64_t i, std::int64_t end) { table().gelu(x + i, y + i, end - i); });
}

void gelu_backward(const float* x, const float* grad, float* grad_x, std::int64_t n) {
    in_parts(n, elements_at_once,
             [&](std::int64_t i, std::int64_t end) { table().gelu_backward(x + i, grad + i, grad_x + i, end - i); });
}

void gate(const float* gate, const float* up, float* y, std::int64_t n) {
    in_parts(n, elements_at_once,
             [&](std::int64_t i, std::int64_t end) { table().gate(gate + i, up + i, y + i, end - i); });
}

void gate_backward(const float* gate, const float* up, const float* grad, float* grad_gate, float* grad_up,
                   std::int64_t n) {
    in_parts(n, elements_at_once, [&](std::int64_t i, std::int64_t end) {
        table().gate_backward(gate + i, up + i, grad + i, grad_gate + i, grad_up + i, end - i);
    });
}

std::int64_t norm_parts(std::int64_t rows) {
    return (rows + norm_rows_at_once - 1) / norm_rows_at_once;
}

void norm(const NormTask& task, const NormForward& data) {
    in_parts(task.rows, norm_rows_at_once,
             [&](std::int64_t first, std::int64_t last) { table().norm(task, data, first, last); });
}

void norm_backward(const NormTask& task, const NormBackward& data) {
    in_parts(task.rows, norm_rows_at_once, [&](std::int64_t first, std::int64_t last) {
        NormBackward part = data;
        for (float** sums : {&part.grad_weight, &part.grad_bias}) {
            if (*sums == nullptr) continue;
            *sums += first / norm_rows_at_once * task.width;
            std::fill_n(*sums, task.width, 0.0f);
        }
        table().norm_backward(task, part, first, last);
    });
}

void rotate(const RotaryTask& task, const float* x, float* y, bool back) {
    in_parts(task.rows, rows_at_once(task.heads * task.width),
             [&](std::int64_t first, std::int64_t last) { table().rotate(task, x, y, back, first, last); });
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
