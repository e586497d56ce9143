#include "methods/deltas/adapter/activation.h"

#include "core/base/words.h"
#include "core/model/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/mish.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <numbers>

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
at::Tensor quick_gelu(const at::Tensor& x) {
    return x * at::sigmoid(x * 1.702);
}
at::Tensor clipped_gelu(const at::Tensor& x) {
    return at::gelu(x).clamp(-10, 10);
}
at::Tensor relu6(const at::Tensor& x) {
    return x.clamp(0, 6);
}
at::Tensor squared_relu(const at::Tensor& x) {
    const at::Tensor positive = activate(x, Activation::relu);
    return positive * positive;
}
// Φ with mean √½ and deviation 1/(2√π), to the digits of transformers.
at::Tensor laplace(const at::Tensor& x) {
    return (at::erf((x - 0.707107) / (0.282095 * std::numbers::sqrt2)) + 1) * 0.5;
}

struct Named {
    DeltaActivation function;
    bool known_to_transformers = true;
};
const std::map<std::string, Named>& table() {
    static const std::map<std::string, Named> functions = {{"elu", {elu, false}},
                                                           {"gelu", {erf_gelu}},
                                                           {"gelu_10", {clipped_gelu}},
                                                           {"gelu_accurate", {tanh_gelu}},
                                                           {"gelu_fast", {tanh_gelu}},
                                                           {"gelu_new", {tanh_gelu}},
                                                           {"gelu_python", {erf_gelu}},
                                                           {"gelu_python_tanh", {tanh_gelu}},
                                                           {"gelu_pytorch_tanh", {tanh_gelu}},
                                                           {"gelu_tanh", {tanh_gelu, false}},
                                                           {"identity", {same, false}},
                                                           {"laplace", {laplace}},
                                                           {"leaky_relu", {leaky}},
                                                           {"leakyrelu", {leaky}},
                                                           {"linear", {same}},
                                                           {"mish", {mish}},
                                                           {"quick_gelu", {quick_gelu}},
                                                           {"relu", {relu}},
                                                           {"relu2", {squared_relu}},
                                                           {"relu6", {relu6}},
                                                           {"sigmoid", {sigmoid}},
                                                           {"silu", {silu}},
                                                           {"swish", {silu}},
                                                           {"tanh", {tanh}}};
    return functions;
}

} // namespace

DeltaActivation delta_activation(const std::string& name) {
    std::string lower = name; // the library does not tell them apart either
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto found = table().find(lower);
    return found == table().end() ? nullptr : found->second.function;
}

std::string delta_activation_name(DeltaActivation activation) {
    // Of several names the usual one.
    static const std::pair<const char*, DeltaActivation> usual[] = {{"gelu_new", tanh_gelu}, {"swish", silu}};
    for (const auto& [name, function] : usual) {
        if (function == activation) return name;
    }
    for (const auto& [name, entry] : table()) {
        if (entry.function == activation && entry.known_to_transformers) return name;
    }
    return {};
}

std::string delta_activation_names() {
    return joined_by(table(), [](const auto& entry) { return entry.first; });
}

} // namespace diapason
