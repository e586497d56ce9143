// A tensor of a delta: a parameter, or a prototype that layers share behind a mask of their own (ProPETL).
#pragma once

#include "core/model/parameters.h"

#include <ATen/core/Tensor.h>

namespace diapason {

/// 1 where |score| is among the largest, 0 for the int((1−keep)·n) smallest; of equal ones the first is smaller.
at::Tensor kept_mask(const at::Tensor& scores, double keep);

/// W, or W ⊙ kept_mask(score). In the backward pass the mask's gradient goes to |score| unchanged (Zeng et al. 2023,
/// §3.2).
struct DeltaTensor {
    Parameter* parameter = nullptr;
    Parameter* scores = nullptr; ///< null = no mask
    double keep = 1;

    at::Tensor value() const;
    at::Tensor masked(const at::Tensor& whole) const; ///< the same for a tensor that is computed
};

} // namespace diapason
