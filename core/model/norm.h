// LayerNorm and RMSNorm, also of a residual sum, in one pass over the rows on a CPU.
#pragma once

#include "core/model/dropout.h"
#include "core/model/parameters.h"

namespace diapason {

/// LayerNorm or RMSNorm over the last dimension.
struct Norm {
    Parameter* weight = nullptr;
    Parameter* bias = nullptr; ///< null: RMSNorm
    double eps = 1e-12;

    at::Tensor operator()(const at::Tensor& x) const;
    /// The same of residual + dropout(x). @param stream null = no dropout
    at::Tensor of_sum(const at::Tensor& residual, const at::Tensor& x, double p, DropoutStream* stream) const;
};

} // namespace diapason
