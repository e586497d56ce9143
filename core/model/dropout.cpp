#include "core/model/dropout.h"

#include "core/base/rng.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>

#include <cmath>

namespace diapason {
namespace {

// "lowbias32" (Ellis 2018): 32-bit multiplications only, which compilers vectorise.
constexpr std::uint32_t hash32(std::uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

constexpr std::int64_t low32 = 0xffffffff;

// hash32 in tensor operations on int64, for devices without our loop; keeps to 32 bits by masking.
at::Tensor hash32(at::Tensor x) {
    x = x.bitwise_xor(x.__rshift__(16));
    x = (x * 0x7feb352dLL).bitwise_and(low32);
    x = x.bitwise_xor(x.__rshift__(15));
    x = (x * 0x846ca68bLL).bitwise_and(low32);
    return x.bitwise_xor(x.__rshift__(16));
}

} // namespace

at::Tensor dropout_mask(const at::Tensor& x, double p, DropoutStream& stream) {
    const std::uint64_t call = splitmix64(stream.seed ^ splitmix64(stream.counter++));
    const auto key = static_cast<std::uint32_t>(call);
    const auto whitening = static_cast<std::uint32_t>(call >> 32);
    // Dropped below the threshold: p in units of 2^-32.
    const auto threshold = static_cast<std::uint32_t>(std::llround(p * 4294967295.0));
    const auto keep = static_cast<float>(1.0 / (1.0 - p));
    if (x.is_cpu() && x.scalar_type() == at::kFloat) {
        at::Tensor mask = at::empty_like(x, x.options(), at::MemoryFormat::Contiguous);
        float* out = mask.data_ptr<float>();
        const std::int64_t n = mask.numel();
        for (std::int64_t i = 0; i < n; ++i) {
            const std::uint32_t h = hash32(static_cast<std::uint32_t>(i) ^ key) ^ whitening;
            out[i] = h < threshold ? 0.0f : keep;
        }
        return mask;
    }
    const auto index = at::arange(x.numel(), x.options().dtype(at::kLong)).bitwise_and(low32);
    const auto h =
        hash32(index.bitwise_xor(static_cast<std::int64_t>(key))).bitwise_xor(static_cast<std::int64_t>(whitening));
    return (h.ge(static_cast<std::int64_t>(threshold)).to(x.scalar_type()) * keep).view(x.sizes());
}

at::Tensor dropout(const at::Tensor& x, double p, DropoutStream* stream) {
    if (stream == nullptr || p <= 0) return x;
    return x * dropout_mask(x.detach(), p, *stream);
}

} // namespace diapason
