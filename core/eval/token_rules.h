// Which tokens may come next, and which end a text: what greedy search, sampling and beam search have in common.
#pragma once

#include "core/eval/generate.h"

#include <cstdint>
#include <vector>

namespace diapason {

bool is_end(const GenerateOptions& options, std::int64_t token);

/// Makes the scores of forbidden tokens -inf: end tokens before min_new_tokens, and those that would repeat an n-gram.
/// @param row [vocabulary], on the host @param text what no n-gram may repeat @param written new tokens so far
void forbid(float* row, const GenerateOptions& options, const std::vector<std::int64_t>& text, std::int64_t written);

} // namespace diapason
