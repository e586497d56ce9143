#include "core/model/layers.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <numbers>

namespace diapason {

at::Tensor Linear::operator()(const at::Tensor& x, const ForwardState& state) const {
    at::Tensor y = bias != nullptr ? at::linear(x, weight->value, bias->value) : at::linear(x, weight->value);
    for (const auto& delta : deltas)
        y = delta->apply(x, y, state);
    return y;
}

at::Tensor Norm::operator()(const at::Tensor& x) const {
    if (bias == nullptr) return at::rms_norm(x, weight->value.sizes(), weight->value, eps);
    if (x.is_meta()) { // layer_norm has no kernel there
        const at::Tensor centred = x - x.mean(-1, true);
        return centred * (centred * centred).mean(-1, true).add(eps).rsqrt() * weight->value + bias->value;
    }
    return at::layer_norm(x, weight->value.sizes(), weight->value, bias->value, eps);
}

at::Tensor activate(const at::Tensor& x, Activation kind) {
    switch (kind) {
    case Activation::gelu:
        return at::gelu(x);
    case Activation::gelu_tanh:
        return at::gelu(x, "tanh");
    case Activation::relu:
        return at::relu(x);
    case Activation::silu:
        return at::silu(x);
    }
    return x;
}

at::Tensor FeedForward::operator()(const at::Tensor& x, const ForwardState& state) const {
    if (gated) return fc2(activate(gate(x, state), activation) * fc1(x, state), state);
    return fc2(activate(fc1(x, state), activation), state);
}

std::vector<double> rotary_frequencies(const BackboneConfig& config, double& magnitude) {
    const auto half = static_cast<std::size_t>(config.head_width / 2);
    const auto width = static_cast<double>(config.head_width);
    magnitude = 1.0;
    double base = config.rope_theta;
    const Json& rope = config.rope_scaling;
    std::string kind = "default";
    if (rope.is_object()) {
        for (const char* field : {"rope_type", "type"}) {
            if (rope.contains(field) && rope.at(field).is_string()) {
                kind = rope.at(field).get<std::string>();
                break;
            }
        }
    }
    const auto number = [&](const char* field, double fallback) {
        return rope.contains(field) && rope.at(field).is_number() ? rope.at(field).get<double>() : fallback;
    };
    std::vector<double> frequencies(half);
    const auto fill = [&] {
        for (std::size_t i = 0; i < half; ++i)
            frequencies[i] = std::pow(base, -2.0 * static_cast<double>(i) / width);
    };
    fill();
    if (kind == "default") return frequencies;
    const double factor = number("factor", 1.0);
    const double original = number("original_max_position_embeddings", static_cast<double>(config.max_positions));
    if (kind == "linear") {
        for (double& f : frequencies)
            f /= factor;
    } else if (kind == "dynamic") {
        // The base grows only beyond the trained length; up to it the angles are the default ones.
    } else if (kind == "llama3") {
        const double low = number("low_freq_factor", 1.0);
        const double high = number("high_freq_factor", 4.0);
        for (double& f : frequencies) {
            const double wavelength = 2 * std::numbers::pi / f;
            if (wavelength > original / low) {
                f /= factor;
            } else if (wavelength >= original / high) {
                const double smooth = (original / wavelength - low) / (high - low);
                f = (1 - smooth) * f / factor + smooth * f;
            }
        }
    } else {
        throw Error(ErrorKind::input, {"unsupported: this kind of rotary scaling is not known", "config.json",
                                       "rope_type", kind, "Known are default, linear, dynamic and llama3"});
    }
    return frequencies;
}

RotaryAngles rotary_angles(const BackboneConfig& config, const at::Tensor& positions) {
    double magnitude = 1.0;
    const std::vector<double> frequencies = rotary_frequencies(config, magnitude);
    // Angles in float32 as the reference computes them: position (exact in float32) times a float32 frequency.
    const auto f = at::tensor(frequencies, at::TensorOptions().dtype(at::kDouble)).to(positions.device(), at::kFloat);
    const auto angle = positions.to(at::kFloat).unsqueeze(1) * f.unsqueeze(0);
    const auto both = at::cat({angle, angle}, 1).unsqueeze(1);
    return {both.cos() * magnitude, both.sin() * magnitude};
}

at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles, std::int64_t head_width) {
    const auto heads = x.view({x.size(0), -1, head_width});
    const auto halves = heads.chunk(2, -1);
    const auto turned = at::cat({-halves[1], halves[0]}, -1);
    return (heads * angles.cosine + turned * angles.sine).view(x.sizes());
}

at::Tensor SelfAttention::operator()(const at::Tensor& x, const std::vector<std::int64_t>& offsets,
                                     const RotaryAngles* angles, const ForwardState& state) const {
    at::Tensor queries = q(x, state);
    at::Tensor keys = k(x, state);
    if (angles != nullptr) {
        queries = rotate(queries, *angles, shape.head_width);
        keys = rotate(keys, *angles, shape.head_width);
    }
    const auto heads = packed_attention(queries, keys, v(x, state), offsets, shape, dropout, state.backbone_dropout);
    return o(heads, state);
}

} // namespace diapason
