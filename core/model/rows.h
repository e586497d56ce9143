// Picking rows of a matrix, on every device.
#pragma once

#include <ATen/core/Tensor.h>

namespace diapason {

/// x[rows] along the first dimension. @param x [N, …]; @param rows [R] int64
at::Tensor select_rows(const at::Tensor& x, const at::Tensor& rows);

/// As select_rows, for a trained table that is read many times over: its gradient is summed by row number. Rows of
/// 16-bit floats become float32. @param untrained a row without a gradient; -1 = none
at::Tensor look_up(const at::Tensor& table, const at::Tensor& rows, std::int64_t untrained = -1);

} // namespace diapason
