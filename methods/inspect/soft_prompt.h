// What soft tokens resemble: the words of the vocabulary that are nearest to them (Lester et al. 2021, §7).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace diapason {

struct NearWord {
    std::int64_t id = 0;
    double value = 0; ///< cosine, or Euclidean distance
};

struct SoftToken {
    double norm = 0;                   ///< Euclidean
    std::vector<NearWord> by_cosine;   ///< greatest first
    std::vector<NearWord> by_distance; ///< smallest first
};

/// @param rows [P, d] @param embedding [V, d], the table of word embeddings @param count words a list
std::vector<SoftToken> nearest_words(const at::Tensor& rows, const at::Tensor& embedding, std::int64_t count);

} // namespace diapason
