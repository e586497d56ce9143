// The loops of one instruction set, which the compiler is told as DIAPASON_KERNELS_LEVEL; see table.h.
#pragma once

#include "core/kernels/simd/table.h"

namespace diapason::kernels::DIAPASON_KERNELS_LEVEL {

void attend(const AttentionTask& task, const AttentionForward& data, std::int64_t sequence, std::int64_t head);
void attend_backward(const AttentionTask& task, const AttentionBackward& data, std::int64_t sequence,
                     std::int64_t kv_head);

void dropout(const float* x, float* y, std::int64_t n, const DropoutKey& mask, std::uint32_t start);
void add_dropped(const float* residual, const float* x, float* y, std::int64_t n, const DropoutKey& mask,
                 std::uint32_t start);
void gelu(const float* x, float* y, std::int64_t n);
void gelu_backward(const float* x, const float* grad, float* grad_x, std::int64_t n);
void gate(const float* gate, const float* up, float* y, std::int64_t n);
void gate_backward(const float* gate, const float* up, const float* grad, float* grad_gate, float* grad_up,
                   std::int64_t n);

void norm(const NormTask& task, const NormForward& data, std::int64_t first, std::int64_t last);
void norm_backward(const NormTask& task, const NormBackward& data, std::int64_t first, std::int64_t last);
void rotate(const RotaryTask& task, const float* x, float* y, bool back, std::int64_t first, std::int64_t last);

} // namespace diapason::kernels::DIAPASON_KERNELS_LEVEL
