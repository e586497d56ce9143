#include "methods/inspect/low_rank.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

namespace diapason {
namespace {

// Right singular vectors of A as rows, greatest value first, [r, in].
at::Tensor right_vectors(const at::Tensor& a) {
    return std::get<2>(at::linalg_svd(a.to(at::kDouble), /*full_matrices=*/false));
}

} // namespace

at::Tensor update_spectrum(const at::Tensor& a, const at::Tensor& b, double scale) {
    const c10::NoGradGuard guard;
    const at::Tensor left = std::get<1>(at::linalg_qr(b.to(at::kDouble)));
    const at::Tensor right = std::get<1>(at::linalg_qr(a.to(at::kDouble).t()));
    return at::linalg_svdvals(at::mm(left, right.t())) * std::abs(scale);
}

at::Tensor subspace_similarity(const at::Tensor& a, const at::Tensor& other) {
    const c10::NoGradGuard guard;
    const at::Tensor squares = at::mm(right_vectors(a), right_vectors(other).t()).square();
    const auto count = [&](std::int64_t n) { return at::arange(1, n + 1, squares.options()); };
    const at::Tensor smaller = at::minimum(count(squares.size(0)).unsqueeze(1), count(squares.size(1)).unsqueeze(0));
    return squares.cumsum(0).cumsum(1) / smaller;
}

} // namespace diapason
