#include "core/model/attention.h"

#include "core/model/attention_passes.h"
#include "core/model/loops.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What a call needs besides tensors, for the backward pass.
struct CallHolder : torch::CustomClassHolder {
    explicit CallHolder(AttentionCall of) : call(std::move(of)) {}
    AttentionCall call;
};

struct AttentionNode : torch::autograd::Function<AttentionNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                              const std::optional<at::Tensor>& bias, const AttentionCall& call) {
        at::Tensor probabilities;
        const at::Tensor added = bias ? *bias : at::Tensor();
        at::Tensor out = attention_forward(call, q, k, v, added, true, probabilities);
        ctx->save_for_backward({q, k, v, added, probabilities});
        ctx->saved_data["call"] = c10::IValue::make_capsule(c10::make_intrusive<CallHolder>(call));
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const auto holder = ctx->saved_data["call"].toCapsule();
        const AttentionCall& call = static_cast<const CallHolder&>(*holder).call;
        const AttentionNeeds needs{ctx->needs_input_grad(0), ctx->needs_input_grad(1), ctx->needs_input_grad(2),
                                   saved[3].defined() && ctx->needs_input_grad(3)};
        AttentionGradients result =
            attention_backward(call, saved[0], saved[1], saved[2], saved[3], saved[4], gradients[0], needs);
        return {result.q, result.k, result.v, result.bias, {}};
    }
};

} // namespace

at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionRows& rows,
                            const AttentionShape& shape, const at::Tensor& bias, double dropout_p,
                            DropoutStream* stream) {
    const bool drop = stream != nullptr && dropout_p > 0;
    const AttentionCall call(rows.queries, rows.keys, shape,
                             drop ? std::optional(stream->next(dropout_p)) : std::nullopt);
    if (differentiable(q, k, v, bias))
        return AttentionNode::apply(q, k, v, bias.defined() ? std::optional(bias) : std::nullopt, call);
    const c10::NoGradGuard guard;
    at::Tensor unused;
    return attention_forward(call, q, k, v, bias, false, unused);
}

} // namespace diapason
