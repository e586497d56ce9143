#include "core/model/dropout.h"

#include "core/base/rng.h"
#include "core/model/loops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <bit>
#include <cmath>
#include <vector>

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

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct DropoutNode : torch::autograd::Function<DropoutNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const DropoutKey& mask) {
        ctx->saved_data["mask"] = to_value(mask);
        return apply_mask(x, mask);
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        return {apply_mask(gradients[0], to_dropout_key(ctx->saved_data["mask"])), {}};
    }
};

struct SumNode : torch::autograd::Function<SumNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& residual, const at::Tensor& x,
                              const DropoutKey& mask) {
        ctx->saved_data["mask"] = to_value(mask);
        return add_masked(residual, x, mask);
    }
    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const bool of_x = ctx->needs_input_grad(1);
        return {
            gradients[0], of_x ? apply_mask(gradients[0], to_dropout_key(ctx->saved_data["mask"])) : at::Tensor(), {}};
    }
};

} // namespace

DropoutKey DropoutStream::next(double p) {
    const std::uint64_t call = splitmix64(seed ^ splitmix64(counter++));
    return {static_cast<std::uint32_t>(call), static_cast<std::uint32_t>(call >> 32),
            static_cast<std::uint32_t>(std::llround(p * 4294967295.0)), static_cast<float>(1.0 / (1.0 - p))};
}

at::Tensor apply_mask(const at::Tensor& x, const DropoutKey& mask, std::int64_t start) {
    if (in_loops(x)) {
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

at::Tensor add_masked(const at::Tensor& residual, const at::Tensor& x, const DropoutKey& mask) {
    if (!in_loops(x) || !in_loops(residual)) return residual + apply_mask(x, mask);
    const at::Tensor input = x.contiguous(), added = residual.contiguous();
    at::Tensor y = at::empty_like(input);
    kernels::add_dropped(added.const_data_ptr<float>(), input.const_data_ptr<float>(), y.mutable_data_ptr<float>(),
                         input.numel(), mask);
    return y;
}

at::Tensor dropout(const at::Tensor& x, double p, DropoutStream* stream) {
    if (stream == nullptr || p <= 0) return x;
    return DropoutNode::apply(x, stream->next(p));
}

at::Tensor add_dropped(const at::Tensor& residual, const at::Tensor& x, double p, DropoutStream* stream) {
    if (stream == nullptr || p <= 0) return residual + x;
    return SumNode::apply(residual, x, stream->next(p));
}

c10::IValue to_value(const DropoutKey& mask) {
    return std::vector<std::int64_t>{mask.key, mask.whitening, mask.threshold, std::bit_cast<std::int32_t>(mask.keep)};
}

DropoutKey to_dropout_key(const c10::IValue& value) {
    const std::vector<std::int64_t> words = value.toIntVector();
    const auto word = [&](std::size_t i) { return static_cast<std::uint32_t>(words[i]); };
    return {word(0), word(1), word(2), std::bit_cast<float>(word(3))};
}

} // namespace diapason
