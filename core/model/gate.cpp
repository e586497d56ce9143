#include "core/model/gate.h"

#include "core/kernels/kernels.h"
#include "core/model/loops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/silu.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor product(const at::Tensor& gate, const at::Tensor& up) {
    at::Tensor y = at::empty_like(gate);
    kernels::gate(gate.const_data_ptr<float>(), up.const_data_ptr<float>(), y.mutable_data_ptr<float>(), y.numel());
    return y;
}

struct Node : torch::autograd::Function<Node> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& gate, const at::Tensor& up) {
        ctx->save_for_backward({gate, up});
        return product(gate, up);
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
} // namespace

at::Tensor gated_silu(const at::Tensor& gate, const at::Tensor& up) {
    if (!in_loops(gate) || !in_loops(up)) return at::silu(gate) * up;
    const at::Tensor g = gate.contiguous(), u = up.contiguous();
    if (c10::GradMode::is_enabled() && (g.requires_grad() || u.requires_grad())) return Node::apply(g, u);
    return product(g, u);
}

} // namespace diapason
