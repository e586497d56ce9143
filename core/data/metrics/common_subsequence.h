// Longest common subsequences, 64 columns of the table at a time (Hyyrö 2004): n·m/64 steps, and memory far below that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diapason {

/// The length.
std::size_t common_subsequence_length(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);

/// Places in `a`, ascending, of one of the longest: the one found by going back from the ends, where equal symbols are
/// taken, and else the end of `b` is given up if that costs nothing but the end of `a` would, as in rouge_score 0.1.2.
std::vector<std::size_t> common_subsequence(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);

} // namespace diapason
