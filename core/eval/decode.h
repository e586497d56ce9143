// Greedy decoding with a model: the most probable token at each step.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <vector>

namespace diapason {

struct GreedyOptions {
    std::int64_t max_new_tokens = 32;
    std::int64_t end_id = -1; ///< stops a sequence; not part of what is returned
};

/// New tokens for each prompt. Sequences that have ended leave the batch. Recomputes the prefix at every step (no cache
/// yet).
std::vector<std::vector<std::int64_t>>
decode_greedy(Model& model, const std::vector<std::vector<std::int64_t>>& prompts, const GreedyOptions& options);

} // namespace diapason
