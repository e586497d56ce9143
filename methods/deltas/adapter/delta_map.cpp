#include "methods/deltas/adapter/delta_map.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

namespace diapason {

at::Tensor DenseMap::apply(const at::Tensor& x) const {
    return m_bias == nullptr ? at::linear(x, m_weight.value()) : at::linear(x, m_weight.value(), m_bias->value);
}

at::Tensor Factors::value() const {
    return whole != nullptr ? whole->value : at::bmm(left->value, right->value);
}

at::Tensor HypercomplexMap::apply(const at::Tensor& x) const {
    const at::Tensor rule = m_rule.value(), weight = m_weight.value();
    const std::int64_t n = rule.size(0), in = weight.size(1), out = weight.size(2);
    // Σ_i A_i[p, q] B_i[s, t] at row p·in + s, column q·out + t: one product over i.
    const at::Tensor sum = at::mm(rule.reshape({n, n * n}).t(), weight.reshape({n, in * out}));
    const at::Tensor matrix = sum.view({n, n, in, out}).permute({0, 2, 1, 3}).reshape({n * in, n * out});
    const at::Tensor y = at::mm(x, matrix);
    return m_bias == nullptr ? y : y + m_bias->value;
}

} // namespace diapason
