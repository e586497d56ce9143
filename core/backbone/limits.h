// What a model's files may hold at most: far more than any real model, and so little that hostile files are refused
// before they have cost seconds or memory.
#pragma once

#include <cstddef>

namespace diapason {

/// Of a model, in one file or in all shards together; checkpoints hold four for each that is trained.
inline constexpr std::size_t max_tensors = 131'072;
inline constexpr std::size_t max_shards = 1024;
inline constexpr std::size_t max_index_bytes = 16u << 20; ///< of an index of shards

} // namespace diapason
