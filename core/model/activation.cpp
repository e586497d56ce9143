#include "core/model/activation.h"

#include "core/kernels/activations.h"
#include "core/model/loops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>
#include <torch/csrc/autograd/custom_function.h>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor gate_product(const at::Tensor& gate, const at::Tensor& up) {
    at::Tensor y = at::empty_like(gate);
    kernels::gate(gate.const_data_ptr<float>(), up.const_data_ptr<float>(), y.mutable_data_ptr<float>(), y.numel());
    return y;
}

struct GateNode : torch::autograd::Function<GateNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& gate, const at::Tensor& up) {
        ctx->save_for_backward({gate, up});
        return gate_product(gate, up);
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const at::Tensor &gate = saved[0], &up = saved[1], grad = gradients[0].contiguous();
        at::Tensor grad_gate = at::empty_like(gate), grad_up = at::empty_like(up);
        kernels::gate_backward(gate.const_data_ptr<float>(), up.const_data_ptr<float>(), grad.const_data_ptr<float>(),
                               grad_gate.mutable_data_ptr<float>(), grad_up.mutable_data_ptr<float>(), gate.numel());
        return {grad_gate, grad_up};
    }
};

at::Tensor gelu_of(const at::Tensor& x) {
    at::Tensor y = at::empty_like(x);
    kernels::gelu(x.const_data_ptr<float>(), y.mutable_data_ptr<float>(), x.numel());
    return y;
}

struct GeluNode : torch::autograd::Function<GeluNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x) {
        ctx->save_for_backward({x});
        return gelu_of(x);
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const at::Tensor x = ctx->get_saved_variables().front(), grad = gradients[0].contiguous();
        at::Tensor grad_x = at::empty_like(x);
        kernels::gelu_backward(x.const_data_ptr<float>(), grad.const_data_ptr<float>(),
                               grad_x.mutable_data_ptr<float>(), x.numel());
        return {grad_x};
    }
};

// x · Φ(x), Φ of the normal distribution (Hendrycks and Gimpel 2016).
at::Tensor exact_gelu(const at::Tensor& x) {
    if (!in_loops(x)) return at::gelu(x);
    const at::Tensor input = x.contiguous();
    return differentiable(input) ? GeluNode::apply(input) : gelu_of(input);
}

} // namespace

at::Tensor activate(const at::Tensor& x, Activation kind) {
    switch (kind) {
    case Activation::gelu:
        return exact_gelu(x);
    case Activation::gelu_tanh:
        return at::gelu(x, "tanh");
    case Activation::quick_gelu: // Hendrycks and Gimpel 2016, §2: the sigmoid's approximation
        return x * at::sigmoid(x * 1.702);
    case Activation::relu:
        return x.is_meta() ? x * (x > 0) : at::relu(x); // relu has no kernel there
    case Activation::silu:
        return at::silu(x);
    case Activation::tanh:
        return at::tanh(x);
    }
    return x;
}

at::Tensor gated_silu(const at::Tensor& gate, const at::Tensor& up) {
    if (!in_loops(gate) || !in_loops(up)) return at::silu(gate) * up;
    const at::Tensor g = gate.contiguous(), u = up.contiguous();
    if (differentiable(g, u)) return GateNode::apply(g, u);
    return gate_product(g, u);
}

} // namespace diapason
