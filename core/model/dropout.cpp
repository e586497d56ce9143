#include "core/model/dropout.h"

#include "core/base/rng.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace diapason {
namespace {

constexpr std::int64_t low32 = 0xffffffff;

// The hash of core/kernels in tensor operations on int64, for devices without our loop; keeps to 32 bits by masking.
at::Tensor hash32(at::Tensor x) {
    x = x.bitwise_xor(x.__rshift__(16));
    x = (x * 0x7feb352dLL).bitwise_and(low32);
    x = x.bitwise_xor(x.__rshift__(15));
    x = (x * 0x846ca68bLL).bitwise_and(low32);
    return x.bitwise_xor(x.__rshift__(16));
}

struct Node : torch::autograd::Function<Node> {
    static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const DropoutKey& mask) {
        ctx->saved_data["key"] = static_cast<std::int64_t>(mask.key);
        ctx->saved_data["whitening"] = static_cast<std::int64_t>(mask.whitening);
        ctx->saved_data["threshold"] = static_cast<std::int64_t>(mask.threshold);
        ctx->saved_data["keep"] = static_cast<double>(mask.keep);
        return apply_mask(x, mask);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                   torch::autograd::variable_list gradients) {
        const auto word = [&](const char* name) { return static_cast<std::uint32_t>(ctx->saved_data[name].toInt()); };
        const DropoutKey mask{word("key"), word("whitening"), word("threshold"),
                              static_cast<float>(ctx->saved_data["keep"].toDouble())};
        return {apply_mask(gradients[0], mask), {}};
    }
};

} // namespace

DropoutKey DropoutStream::next(double p) {
    const std::uint64_t call = splitmix64(seed ^ splitmix64(counter++));
    return {static_cast<std::uint32_t>(call), static_cast<std::uint32_t>(call >> 32),
            static_cast<std::uint32_t>(std::llround(p * 4294967295.0)), static_cast<float>(1.0 / (1.0 - p))};
}

at::Tensor apply_mask(const at::Tensor& x, const DropoutKey& mask, std::int64_t start) {
    if (x.is_cpu() && x.scalar_type() == at::kFloat) {
        const at::Tensor input = x.contiguous();
        at::Tensor y = at::empty_like(input);
        kernels::dropout(input.const_data_ptr<float>(), y.mutable_data_ptr<float>(), input.numel(), mask,
                         static_cast<std::uint32_t>(start));
        return y;
    }
    const auto index = (at::arange(x.numel(), x.options().dtype(at::kLong)) + start).bitwise_and(low32);
    const auto h = hash32(index.bitwise_xor(static_cast<std::int64_t>(mask.key)))
                       .bitwise_xor(static_cast<std::int64_t>(mask.whitening));
    return x * (h.ge(static_cast<std::int64_t>(mask.threshold)).to(x.scalar_type()) * mask.keep).view(x.sizes());
}

at::Tensor dropout(const at::Tensor& x, double p, DropoutStream* stream) {
    if (stream == nullptr || p <= 0) return x;
    return Node::apply(x, stream->next(p));
}

} // namespace diapason
