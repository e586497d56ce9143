// Rotary positions (Su et al. 2021) of packed sequences.
#pragma once

#include "core/backbone/backbone_config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace diapason {

/// cos and sin of the rotary angles at given positions.
struct RotaryAngles {
    at::Tensor cosine; ///< [T, 1, head_width]
    at::Tensor sine;
};

/// @param positions [T] int64
/// @param offsets B+1 row numbers: where the sequences lie. Scalings that depend on a text's length take that of each
/// sequence (its greatest position + 1), never that of its company; a text that is written step by step is then turned
/// by what its length is at each step, as keys that are cached stay as they are.
RotaryAngles rotary_angles(const BackboneConfig& config, const at::Tensor& positions,
                           const std::vector<std::int64_t>& offsets);

/// Rotates halves (not interleaved pairs), as Hugging Face stores Llama weights. @param x [T, heads·head_width]
at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles, std::int64_t head_width);

} // namespace diapason
