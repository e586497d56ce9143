#include "methods/deltas/adapter/masked_low_rank.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>

namespace diapason {

at::Tensor MaskedLowRank::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) {
    const at::Tensor low = at::mm(dropout(x, m_dropout, state.delta_dropout), m_a.value().t());
    return at::addmm(y, low, m_b.value().t(), 1, m_scale);
}

bool MaskedLowRank::merge_output(at::Tensor& weight, at::Tensor&) const {
    weight = weight + at::mm(m_b.value(), m_a.value()) * m_scale;
    return true;
}

} // namespace diapason
