// Decoding step by step over cached keys and values: every family, ragged batches without padding, soft prompts.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// Rows that are being written. Row i of every result belongs to row i of the last call. A copy goes its own way from
/// what is written so far, and shares the cache until then.
class IncrementalDecoder {
public:
    /// @param inputs what the model reads; for an encoder-decoder the encoder's input. No labels are needed.
    /// @param start_id first decoder input of an encoder-decoder
    IncrementalDecoder(Model& model, const std::vector<std::vector<std::int64_t>>& inputs, std::int64_t start_id);

    /// Logits of the first token of each input, [B, vocabulary].
    at::Tensor start();
    /// Row i goes on from what row parents[i] was, with tokens[i] behind it. @return logits [n, vocabulary]
    at::Tensor step(const std::vector<std::int64_t>& parents, const std::vector<std::int64_t>& tokens);
    /// The same with several tokens a row (at least one each). @return logits behind every one of them, row after row,
    /// [Σ tokens, vocabulary]
    at::Tensor extend(const std::vector<std::int64_t>& parents, const std::vector<std::vector<std::int64_t>>& texts);

private:
    PackedBatch behind_cache(const std::vector<std::int64_t>& parents,
                             const std::vector<std::vector<std::int64_t>>& texts);
    at::Tensor logits_of_last_rows(const Stack& stack, const PackedTokens& tokens, EmbeddingDelta* prompt,
                                   const StackStates* encoder);

    Model& m_model;
    std::vector<std::vector<std::int64_t>> m_inputs;
    std::int64_t m_start_id;
    DecoderCache m_cache;
};

} // namespace diapason
