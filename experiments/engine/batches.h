// Where a split is cut into batches that are read in order.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace diapason {

/// Of batches that are read without training: enough rows to keep the matrix products busy, few enough to stay in
/// cache.
inline constexpr std::int64_t tokens_per_batch = 4096;

/// Cuts items 0, 1, 2, … into batches of about that many tokens. Where a batch ends depends on the items before only.
/// @param wanted items that have to be in a batch; @param items there are: the last batch is filled up with them
/// @param length tokens of an item, asked in order
/// @return where each batch begins, and where the last one ends
std::vector<std::int64_t> consecutive_batches(std::int64_t wanted, std::int64_t items,
                                              const std::function<std::int64_t(std::int64_t)>& length);

} // namespace diapason
