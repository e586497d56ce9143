#include "methods/adapter/delta_tensor.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>

namespace diapason {

at::Tensor kept_mask(const at::Tensor& scores, double keep) {
    const c10::NoGradGuard constant;
    const at::Tensor size = at::abs(scores).flatten();
    const auto dropped = static_cast<std::int64_t>((1.0 - keep) * static_cast<double>(size.numel()));
    at::Tensor mask = at::ones(size.sizes(), size.options());
    const at::Tensor order = at::argsort(size, /*stable=*/true, /*dim=*/0, /*descending=*/false);
    mask.index_fill_(0, order.narrow(0, 0, dropped), 0);
    return mask.view(scores.sizes());
}

at::Tensor DeltaTensor::masked(const at::Tensor& whole) const {
    if (scores == nullptr) return whole;
    // The difference is zero; its gradient is that of |score|.
    const at::Tensor size = at::abs(scores->value);
    return whole * (kept_mask(scores->value, keep) + (size - size.detach()));
}

at::Tensor DeltaTensor::value() const {
    return masked(parameter->value);
}

} // namespace diapason
