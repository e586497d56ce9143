#include "methods/adapter/activation.h"

#include "core/model/layers.h"

#include <ATen/ops/elu.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/mish.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>

#include <map>

namespace diapason {
namespace {

at::Tensor erf_gelu(const at::Tensor& x) {
    return at::gelu(x);
}
at::Tensor tanh_gelu(const at::Tensor& x) {
    return at::gelu(x, "tanh");
}
at::Tensor leaky(const at::Tensor& x) {
    return at::leaky_relu(x);
}
at::Tensor same(const at::Tensor& x) {
    return x;
}
at::Tensor elu(const at::Tensor& x) {
    return at::elu(x);
}
at::Tensor relu(const at::Tensor& x) {
    return activate(x, Activation::relu);
}
at::Tensor silu(const at::Tensor& x) {
    return at::silu(x);
}
at::Tensor tanh(const at::Tensor& x) {
    return at::tanh(x);
}
at::Tensor sigmoid(const at::Tensor& x) {
    return at::sigmoid(x);
}
at::Tensor mish(const at::Tensor& x) {
    return at::mish(x);
}

const std::map<std::string, DeltaActivation>& table() {
    static const std::map<std::string, DeltaActivation> functions = {{"elu", elu},
                                                                     {"gelu", erf_gelu},
                                                                     {"gelu_new", tanh_gelu},
                                                                     {"gelu_pytorch_tanh", tanh_gelu},
                                                                     {"gelu_tanh", tanh_gelu},
                                                                     {"identity", same},
                                                                     {"leakyrelu", leaky},
                                                                     {"linear", same},
                                                                     {"mish", mish},
                                                                     {"relu", relu},
                                                                     {"sigmoid", sigmoid},
                                                                     {"silu", silu},
                                                                     {"swish", silu},
                                                                     {"tanh", tanh}};
    return functions;
}

} // namespace

DeltaActivation delta_activation(const std::string& name) {
    const auto found = table().find(name);
    return found == table().end() ? nullptr : found->second;
}

std::string delta_activation_name(DeltaActivation activation) {
    // Of several names the one that transformers uses.
    static const std::pair<const char*, DeltaActivation> usual[] = {
        {"gelu_new", tanh_gelu}, {"swish", silu}, {"linear", same}};
    for (const auto& [name, function] : usual) {
        if (function == activation) return name;
    }
    for (const auto& [name, function] : table()) {
        if (function == activation) return name;
    }
    return {};
}

std::string delta_activation_names() {
    std::string text;
    for (const auto& [name, function] : table())
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace diapason
