// What a low-rank update does to its map, and how much two of them have in common (Hu et al. 2022, §7).
#pragma once

#include <ATen/core/Tensor.h>

namespace diapason {

/// Singular values of s · B A, greatest first, [r], float64: from two thin QR decompositions, never from the full
/// product. @param a [r, in] @param b [out, r]
at::Tensor update_spectrum(const at::Tensor& a, const at::Tensor& b, double scale);

/// φ(i, j) = ‖V_iᵀ W_j‖²_F / min(i, j) for i = 1 … r₁ and j = 1 … r₂, V and W the right singular vectors of two A: 1
/// where the smaller subspace lies in the other, near 0 where they are strangers (eq. 4). [r₁, r₂], float64.
/// @param a [r₁, in] @param other [r₂, in]
at::Tensor subspace_similarity(const at::Tensor& a, const at::Tensor& other);

} // namespace diapason
