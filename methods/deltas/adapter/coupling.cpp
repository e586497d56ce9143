#include "methods/deltas/adapter/coupling.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>

namespace diapason {

at::Tensor NiceCoupling::run(const Network& network, const at::Tensor& x) const {
    const at::Tensor hidden = m_activation(at::linear(x, network.down_weight->value, network.down_bias->value));
    return at::linear(hidden, network.up_weight->value, network.up_bias->value);
}

at::Tensor NiceCoupling::apply(const at::Tensor& x) {
    const std::int64_t first = x.size(1) / 2;
    const at::Tensor second = x.narrow(1, first, x.size(1) - first);
    const at::Tensor y = x.narrow(1, 0, first) + run(m_f, second);
    return at::cat({y, second + run(m_g, y)}, 1);
}

} // namespace diapason
