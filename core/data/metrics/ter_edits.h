// Edits that turn a hypothesis into a reference, shifts of phrases among them: Tercom's search (Snover et al. 2006)
// with the bounds of sacreBLEU 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace diapason {

/// The fewest insertions, deletions, substitutions and shifts that the search finds; without a reference's word, the
/// words of the hypothesis. An exact edit distance with moves would be NP-hard: shifts are tried greedily, of at most
/// 10 words over at most 50, 1000 in all, and the edit distance is that of a band of 25 words around the diagonal. Time
/// and memory are linear in the words but for those factors.
/// @param hypothesis, reference numbers of words
std::int64_t translation_edits(const std::vector<std::uint32_t>& hypothesis,
                               const std::vector<std::uint32_t>& reference);

} // namespace diapason
