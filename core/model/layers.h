// The blocks that families share: linear maps with their site, norms, feed-forward, rotary positions.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/model/attention.h"
#include "core/model/deltas.h"
#include "core/model/parameters.h"

#include <memory>
#include <vector>

namespace diapason {

/// y = x Wᵀ + b, then the deltas at this site. Weight [out, in].
struct Linear {
    Parameter* weight = nullptr;
    Parameter* bias = nullptr; ///< null = none
    std::vector<std::unique_ptr<LinearDelta>> deltas;

    at::Tensor operator()(const at::Tensor& x, const ForwardState& state) const;
};

/// LayerNorm or RMSNorm over the last dimension.
struct Norm {
    Parameter* weight = nullptr;
    Parameter* bias = nullptr; ///< null: RMSNorm
    double eps = 1e-12;

    at::Tensor operator()(const at::Tensor& x) const;
};

at::Tensor activate(const at::Tensor& x, Activation kind);

/// fc2(act(fc1 x)), or fc2(act(gate x) · fc1 x).
struct FeedForward {
    Linear fc1, fc2, gate;
    Activation activation = Activation::gelu;
    bool gated = false;

    at::Tensor operator()(const at::Tensor& x, const ForwardState& state) const;
};

/// cos and sin of the rotary angles at given positions.
struct RotaryAngles {
    at::Tensor cosine; ///< [T, 1, head_width]
    at::Tensor sine;
};

/// Inverse frequencies of a config: kinds default, linear, dynamic (at the trained length), llama3, yarn.
/// @throws Error(input) for a kind that is not known
std::vector<double> rotary_frequencies(const BackboneConfig& config, double& magnitude);

/// @param positions [T] int64
RotaryAngles rotary_angles(const BackboneConfig& config, const at::Tensor& positions);

/// Rotates halves (not interleaved pairs), as Hugging Face stores Llama weights. @param x [T, heads·head_width]
at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles, std::int64_t head_width);

/// Self-attention with its sites q, k, v, o.
struct SelfAttention {
    Linear q, k, v, o;
    AttentionShape shape;
    double dropout = 0; ///< of the probabilities

    /// @param angles null = no rotary positions
    at::Tensor operator()(const at::Tensor& x, const std::vector<std::int64_t>& offsets, const RotaryAngles* angles,
                          const ForwardState& state) const;
};

} // namespace diapason
