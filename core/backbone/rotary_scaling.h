// How rotary positions are stretched beyond the length that a model was trained on: rope_scaling or rope_parameters of
// config.json, checked, and the frequencies that follow from it. Formulas as transformers 5 computes them.
#pragma once

#include "core/backbone/config_reader.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

struct RotaryKind;

struct RotaryScaling {
    const RotaryKind* kind = nullptr;
    std::int64_t width = 0;     ///< of a head; width / 2 frequencies
    std::int64_t positions = 0; ///< max_position_embeddings
    std::int64_t original = 0;  ///< positions before the stretching
    double theta = 10000;
    double factor = 1;
    double low = 1, high = 4;             ///< llama3: wavelengths between original / high and original / low are mixed
    double beta_fast = 32, beta_slow = 1; ///< yarn (Peng et al. 2023, §3.2): turns within `original` positions
    bool truncate = true;                 ///< yarn: whole dimensions as borders
    std::vector<double> short_factor, long_factor; ///< longrope (Ding et al. 2024): up to `original` positions, beyond
    double magnitude = 1;                          ///< of cos and sin

    /// True when the frequencies depend on how long a text is (dynamic, longrope).
    bool by_length() const;
    /// Radians a position, width / 2 of them. @param length positions of the text; matters where by_length()
    std::vector<double> frequencies(std::int64_t length) const;
};

/// Reads rope_theta, rope_scaling and rope_parameters: the latter two may both hold {rope_type | type, rope_theta, …},
/// and rope_scaling comes first. Sets config.rope_theta and config.rope_scaling, and adds to the problems of `in`.
/// config.head_width and max_positions must be known.
void read_rotary(ConfigReader& in, BackboneConfig& config);

/// Of a config that was read without problems.
RotaryScaling rotary_scaling(const BackboneConfig& config);

} // namespace diapason
