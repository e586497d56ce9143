#include "core/model/norm.h"

#include "core/model/loops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/rms_norm.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What a call is beside its tensors.
struct Call {
    float eps;
    std::optional<DropoutKey> drop;
};

struct Result {
    at::Tensor y, sum, stats;
};

kernels::NormTask task_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    kernels::NormTask task;
    task.width = x.size(-1);
    task.rows = x.numel() / task.width;
    task.centred = bias.defined();
    task.weight = weight.const_data_ptr<float>();
    if (bias.defined()) task.bias = bias.const_data_ptr<float>();
    return task;
}

// @param residual undefined = none
Result compute(const at::Tensor& input, const at::Tensor& residual, const at::Tensor& weight, const at::Tensor& bias,
               const Call& call) {
    const at::Tensor x = input.contiguous(), added = residual.defined() ? residual.contiguous() : residual;
    kernels::NormTask task = task_of(x, weight, bias);
    task.eps = call.eps;
    if (call.drop) task.drop = &*call.drop;
    Result result{at::empty_like(x), added.defined() ? at::empty_like(x) : x, at::empty({task.rows, 2}, x.options())};
    kernels::NormForward data;
    data.x = x.const_data_ptr<float>();
    data.y = result.y.mutable_data_ptr<float>();
    data.stats = result.stats.mutable_data_ptr<float>();
    if (added.defined()) {
        data.residual = added.const_data_ptr<float>();
        data.sum = result.sum.mutable_data_ptr<float>();
    }
    kernels::norm(task, data);
    return result;
}

struct NormNode : torch::autograd::Function<NormNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight,
                              const std::optional<at::Tensor>& residual, const std::optional<at::Tensor>& bias,
                              const Call& call) {
        Result result = compute(x, residual.value_or(at::Tensor()), weight, bias.value_or(at::Tensor()), call);
        ctx->save_for_backward({result.sum, result.stats, weight, bias.value_or(at::Tensor())});
        ctx->saved_data["residual"] = residual.has_value();
        if (call.drop) ctx->saved_data["drop"] = to_value(*call.drop);
        return result.y;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const at::Tensor &sum = saved[0], &weight = saved[2], &bias = saved[3], grad = gradients[0].contiguous();
        const bool has_residual = ctx->saved_data["residual"].toBool();
        const auto drop = ctx->saved_data.find("drop");
        // Inputs that are tensors are counted, absent ones are not.
        const bool of_weight = ctx->needs_input_grad(1);
        const bool of_bias = bias.defined() && ctx->needs_input_grad(has_residual ? 3 : 2);
        const bool of_x = ctx->needs_input_grad(0), of_residual = has_residual && ctx->needs_input_grad(2);
        kernels::NormTask task = task_of(sum, weight, bias);
        DropoutKey key;
        kernels::NormBackward data;
        data.sum = sum.const_data_ptr<float>();
        data.stats = saved[1].const_data_ptr<float>();
        data.grad_y = grad.const_data_ptr<float>();
        at::Tensor grad_sum, grad_x, grad_weight, grad_bias;
        const auto wanted = [](at::Tensor& tensor, at::Tensor shaped) {
            tensor = std::move(shaped);
            return tensor.mutable_data_ptr<float>();
        };
        if (of_x || of_residual) data.grad_residual = wanted(grad_sum, at::empty_like(sum));
        if (of_x && drop != ctx->saved_data.end()) {
            key = to_dropout_key(drop->second);
            task.drop = &key;
            data.grad_x = wanted(grad_x, at::empty_like(sum));
        }
        const auto parts = [&] { return at::empty({kernels::norm_parts(task.rows), task.width}, sum.options()); };
        if (of_weight) data.grad_weight = wanted(grad_weight, parts());
        if (of_bias) data.grad_bias = wanted(grad_bias, parts());
        kernels::norm_backward(task, data);
        return {of_x ? (grad_x.defined() ? grad_x : grad_sum) : at::Tensor(),
                of_weight ? grad_weight.sum(0) : at::Tensor(), of_residual ? grad_sum : at::Tensor(),
                of_bias ? grad_bias.sum(0) : at::Tensor(), at::Tensor()};
    }
};

at::Tensor run(const at::Tensor& x, const at::Tensor& residual, const Norm& norm, const Call& call) {
    const at::Tensor& weight = norm.weight->value;
    const at::Tensor bias = norm.bias != nullptr ? norm.bias->value : at::Tensor();
    const auto some = [](const at::Tensor& tensor) { return tensor.defined() ? std::optional(tensor) : std::nullopt; };
    if (differentiable(x, residual, weight, bias)) return NormNode::apply(x, weight, some(residual), some(bias), call);
    const c10::NoGradGuard guard;
    return compute(x, residual, weight, bias, call).y;
}

} // namespace

at::Tensor Norm::operator()(const at::Tensor& x) const {
    if (in_loops(x)) return run(x, {}, *this, {static_cast<float>(eps), std::nullopt});
    if (bias == nullptr) return at::rms_norm(x, weight->value.sizes(), weight->value, eps);
    if (x.is_meta()) { // layer_norm has no kernel there
        const at::Tensor centred = x - x.mean(-1, true);
        return centred * (centred * centred).mean(-1, true).add(eps).rsqrt() * weight->value + bias->value;
    }
    return at::layer_norm(x, weight->value.sizes(), weight->value, bias->value, eps);
}

at::Tensor Norm::of_sum(const at::Tensor& residual, const at::Tensor& x, double p, DropoutStream* stream) const {
    if (!in_loops(x)) return (*this)(residual + dropout(x, p, stream));
    const bool drop = stream != nullptr && p > 0;
    return run(x, residual, *this, {static_cast<float>(eps), drop ? std::optional(stream->next(p)) : std::nullopt});
}

} // namespace diapason
