// How likely texts are to a causal language model.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace diapason {

struct TextLikelihood {
    double nll = 0;          ///< Σ −log p of tokens 2 … n, in nats, each given those before it
    std::int64_t tokens = 0; ///< n − 1, or 0 for texts of less than two tokens
};

/// One entry a text. Texts are packed, up to `batch_tokens` tokens at once; logits are computed of rows with a label.
/// @param stop asked before every batch; an Error(cancelled) follows. May be empty
/// @throws std::logic_error for a model without a causal language model's head
std::vector<TextLikelihood> text_likelihoods(Model& model, const std::vector<std::vector<std::int64_t>>& texts,
                                             std::int64_t batch_tokens = 512, const std::function<bool()>& stop = {});

/// exp(Σ nll / Σ tokens); undefined where no token was predicted.
std::optional<double> perplexity(const std::vector<TextLikelihood>& texts);

} // namespace diapason
