#include "methods/deltas/adapter/delta_tensor.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>

namespace diapason {

at::Tensor kept_mask(const at::Tensor& scores, double keep) {
    const c10::NoGradGuard constant;
    if (scores.is_meta()) return at::ones(scores.sizes(), scores.options()); // no values, no order
    const at::Tensor size = at::abs(scores).flatten();
    const auto dropped = static_cast<std::int64_t>((1.0 - keep) * static_cast<double>(size.numel()));
    at::Tensor mask = at::ones(size.sizes(), size.options());
    const at::Tensor order = at::argsort(size, /*stable=*/true, /*dim=*/0, /*descending=*/false);
    mask.index_fill_(0, order.narrow(0, 0, dropped), 0);
    return mask.view(scores.sizes());
}

at::Tensor trained_mask(const at::Tensor& scores, double keep) {
    // The difference is zero; its gradient is that of |score|.
    const at::Tensor size = scores.is_meta() ? scores * (scores > 0) : at::abs(scores); // abs has no kernel there
    return kept_mask(scores, keep) + (size - size.detach());
}

at::Tensor combined_masks(const at::Tensor& a, const at::Tensor& b, MaskRule rule) {
    switch (rule) {
    case MaskRule::both:
        return a * b;
    case MaskRule::sum:
        return a + b;
    case MaskRule::any:
        break;
    }
    return 1 - (1 - a) * (1 - b);
}

TaskScores& TaskMasks::add(MaskRule rule) {
    m_tensors.push_back(std::make_unique<TaskScores>());
    m_tensors.back()->rule = rule;
    return *m_tensors.back();
}

void TaskMasks::select(std::size_t task) {
    for (const auto& tensor : m_tensors) {
        if (task >= tensor->scores.size())
            throw config_error("task", std::to_string(task),
                               "the model has masks of " + std::to_string(tensor->scores.size()) + " tasks");
        tensor->active = task;
    }
}

at::Tensor DeltaTensor::masked(const at::Tensor& whole) const {
    if (scores == nullptr) return whole;
    at::Tensor mask = trained_mask(scores->value, keep);
    if (tasks != nullptr)
        mask = combined_masks(mask, trained_mask(tasks->scores[tasks->active]->value, keep), tasks->rule);
    return whole * mask;
}

at::Tensor DeltaTensor::value() const {
    return masked(parameter->value);
}

} // namespace diapason
