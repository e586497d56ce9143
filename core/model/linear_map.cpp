#include "core/model/linear_map.h"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string_view>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Product = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, c10::string_view,
                           c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);

// oneDNN's inner product, an operator outside of ATen's headers; builds of LibTorch without oneDNN lack it.
const c10::TypedOperatorHandle<Product>* inner_product() {
    static const auto handle = []() -> std::optional<c10::TypedOperatorHandle<Product>> {
        if (!at::globalContext().hasMKLDNN()) return std::nullopt;
        const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
        if (!found) return std::nullopt;
        return found->typed<Product>();
    }();
    return handle ? &*handle : nullptr;
}

bool suits(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 2 && x.numel() > 0;
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    const auto* multiply =
        suits(x) && weight.is_cpu() && weight.scalar_type() == at::kFloat ? inner_product() : nullptr;
    if (multiply == nullptr) return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
    return multiply->call(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, "none",
                          c10::List<std::optional<at::Scalar>>(), "");
}

// The operator above knows no gradients.
struct Node : torch::autograd::Function<Node> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight,
                              const std::optional<at::Tensor>& bias) {
        ctx->saved_data["bias"] = bias.has_value();
        ctx->save_for_backward({weight.requires_grad() ? x : at::Tensor(), x.requires_grad() ? weight : at::Tensor()});
        return product(x, weight, bias ? *bias : at::Tensor());
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const at::Tensor g = gradients[0].contiguous();
        variable_list result(3);
        if (ctx->needs_input_grad(0)) result[0] = product(g, saved[1].t(), {});
        if (ctx->needs_input_grad(1)) result[1] = at::mm(g.t(), saved[0]);
        if (ctx->saved_data["bias"].toBool() && ctx->needs_input_grad(2)) result[2] = g.sum(0);
        return result;
    }
};

} // namespace

at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    if (!suits(x) || inner_product() == nullptr)
        return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
    const bool differentiable = c10::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad() ||
                                                                (bias.defined() && bias.requires_grad()));
    if (!differentiable) {
        const c10::NoGradGuard guard;
        return product(x, weight, bias);
    }
    return Node::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
}

} // namespace diapason
