// How probable a language model finds given continuations: verbalizers of a prompt, answers of a multiple choice.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace diapason {

/// One prompt and what may stand in its blank.
struct CandidateQuestion {
    /// Causal: the text in front of the candidates. Encoder-decoder: the encoder's input. Masked: the text in front of
    /// the blank (may be empty).
    /// prompt_slot stands where the model's prompt is inside the text.
    std::vector<std::int64_t> prompt;
    std::vector<std::int64_t> behind;                  ///< masked only: the text behind the blank
    std::vector<std::vector<std::int64_t>> candidates; ///< token ids, any lengths
};

struct CandidateOptions {
    bool by_length = false;             ///< mean of the tokens' log p instead of their sum
    std::int64_t mask_id = -1;          ///< masked models
    std::int64_t decoder_start_id = -1; ///< encoder-decoders
    std::size_t rows_at_once = 64;      ///< sequences in a forward pass; bounds memory, changes no score
    std::function<bool()> stop;         ///< asked before every forward pass; what is scored so far comes back
};

struct CandidateScores {
    std::vector<double> scores; ///< log p of each candidate, natural logarithm; equal candidates get equal scores
    std::size_t best = 0;       ///< the first of the greatest
};

/// Scores of each question, by the kind of the model's head:
///
/// - causal_lm: Σ log p(cᵢ | prompt, c₁ … cᵢ₋₁). The prompt is read once, its keys and values serve all candidates.
/// - seq2seq_lm: the same of the decoder's text; the encoder is run once a question.
/// - masked_lm: a candidate of n tokens stands for n masks, all filled from one reading: Σ log p(cᵢ | n masks). One
///   reading a length.
///
/// Prompt and candidates are joined as token ids: the caller decides on spaces and special tokens.
/// Dropout is off. @throws Error(config) when there is no candidate or an empty one, a token that the vocabulary does
/// not hold, a text longer than the model's positions, another head, or a missing mask_id or decoder_start_id
std::vector<CandidateScores> score_candidates(Model& model, std::span<const CandidateQuestion> questions,
                                              const CandidateOptions& options);

} // namespace diapason
