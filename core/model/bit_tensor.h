// Masks as they are stored: one bit an element.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace diapason {

/// Eight elements a byte, the first in the lowest bit; what is left of the last byte is 0.
/// @param mask bool, any shape. @return [⌈n/8⌉] uint8 on the CPU
at::Tensor pack_bits(const at::Tensor& mask);

/// @param bytes what pack_bits() gave for a mask of this shape. @return bool, on the CPU
at::Tensor unpack_bits(const at::Tensor& bytes, const std::vector<std::int64_t>& shape);

} // namespace diapason
