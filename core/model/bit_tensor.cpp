#include "core/model/bit_tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace diapason {

at::Tensor pack_bits(const at::Tensor& mask) {
    const at::Tensor bits = mask.cpu().contiguous();
    const std::int64_t count = bits.numel();
    at::Tensor bytes = at::zeros({(count + 7) / 8}, at::TensorOptions().dtype(at::kByte));
    const bool* from = bits.const_data_ptr<bool>();
    auto* to = bytes.mutable_data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < count; ++i)
        to[i / 8] = static_cast<std::uint8_t>(to[i / 8] | (from[i] ? 1U << (i % 8) : 0U));
    return bytes;
}

at::Tensor unpack_bits(const at::Tensor& bytes, const std::vector<std::int64_t>& shape) {
    at::Tensor mask = at::empty(shape, at::TensorOptions().dtype(at::kBool));
    const at::Tensor source = bytes.cpu().contiguous();
    const auto* from = source.const_data_ptr<std::uint8_t>();
    bool* to = mask.mutable_data_ptr<bool>();
    for (std::int64_t i = 0; i < mask.numel(); ++i)
        to[i] = ((from[i / 8] >> (i % 8)) & 1U) != 0;
    return mask;
}

} // namespace diapason
