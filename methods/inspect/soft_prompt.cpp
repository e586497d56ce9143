#include "methods/inspect/soft_prompt.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/topk.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

std::vector<NearWord> words_of(const at::Tensor& values, const at::Tensor& ids, std::int64_t row) {
    std::vector<NearWord> words;
    for (std::int64_t i = 0; i < values.size(1); ++i)
        words.push_back({ids[row][i].item<std::int64_t>(), values[row][i].item<double>()});
    return words;
}

} // namespace

std::vector<SoftToken> nearest_words(const at::Tensor& rows, const at::Tensor& embedding, std::int64_t count) {
    const c10::NoGradGuard guard;
    const at::Tensor r = rows.to(at::kDouble), e = embedding.to(at::kDouble);
    const at::Tensor lengths = at::linalg_vector_norm(r, 2, at::IntArrayRef{1}, true);             // [P, 1]
    const at::Tensor word_lengths = at::linalg_vector_norm(e, 2, at::IntArrayRef{1}).unsqueeze(0); // [1, V]
    const at::Tensor products = at::mm(r, e.t());                                                  // [P, V]
    // A vector of zeros is near to nothing: its cosine is 0.
    const at::Tensor cosine = products / (lengths * word_lengths).clamp_min(1e-300);
    const at::Tensor distance = (lengths.square() + word_lengths.square() - 2 * products).clamp_min(0).sqrt();
    const std::int64_t k = std::min(count, e.size(0));
    const auto [cosines, cosine_ids] = at::topk(cosine, k, 1, true, true);
    const auto [distances, distance_ids] = at::topk(distance, k, 1, false, true);
    std::vector<SoftToken> tokens;
    for (std::int64_t p = 0; p < r.size(0); ++p)
        tokens.push_back(
            {lengths[p][0].item<double>(), words_of(cosines, cosine_ids, p), words_of(distances, distance_ids, p)});
    return tokens;
}

} // namespace diapason
