// Writing text with a language model: greedy, beam search, sampling.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace diapason {

/// When a beam search of one input ends.
enum class EarlyStopping {
    heuristic, ///< when the best running score at its current length cannot beat the worst finished one
    full,      ///< as soon as there are num_beams finished ones
    never      ///< as heuristic, but judged at the greatest length when longer is better (length_penalty > 0)
};

struct GenerateOptions {
    std::int64_t max_new_tokens = 32;
    std::int64_t min_new_tokens = 0; ///< no end token before
    std::vector<std::int64_t> end_ids;
    std::int64_t decoder_start_id = -1; ///< encoder-decoders
    std::int64_t no_repeat_ngram = 0;   ///< 0 = off; counts the input of a decoder too
    std::int64_t beams = 1;
    std::int64_t returned = 1;   ///< beams ≥ returned: the best ones of each input
    double length_penalty = 1.0; ///< beams: score = Σ log p / (new tokens, end token included)^penalty
    EarlyStopping early_stopping = EarlyStopping::heuristic;
    bool sample = false; ///< one beam only
    double temperature = 1.0;
    std::int64_t top_k = 0; ///< 0 = all
    double top_p = 1.0;
    std::uint64_t seed = 0;
    std::function<bool()> stop; ///< asked at every step; what is written so far comes back
};

struct Generated {
    std::vector<std::int64_t> tokens; ///< new ones only, the end token included
    double score = 0; ///< one beam: Σ log-softmax of the raw logits at the chosen tokens; beams: see length_penalty
};

/// `returned` results for each input, best first. Inputs as IncrementalDecoder takes them.
/// @throws std::logic_error for options that contradict each other
std::vector<Generated> generate(Model& model, const std::vector<std::vector<std::int64_t>>& inputs,
                                const GenerateOptions& options);

} // namespace diapason
