// The loss of a causal language model, from its logits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace diapason {

struct CausalLoss {
    double sum = 0; ///< −log p of the labels, in nats
    std::int64_t tokens = 0;
    /// Empty without a label. Smoothed: (1-ε)·(−log p of the label) + ε·(mean of −log p over the vocabulary).
    std::optional<double> mean, smoothed_mean;
};

inline constexpr std::int64_t ignored_label = -100;

/// Position t predicts label t+1; the first label and those that are ignored_label count nothing (torch, transformers).
/// @param logits [batch][positions][vocabulary] @param labels [batch][positions] @param smoothing ε of smoothed_mean
/// @throws std::invalid_argument when the shapes differ or a label is outside the vocabulary
CausalLoss causal_cross_entropy(const std::vector<std::vector<std::vector<double>>>& logits,
                                const std::vector<std::vector<std::int64_t>>& labels, double smoothing = 0);

} // namespace diapason
