// A tensor of a delta: a parameter, or a prototype behind masks (ProPETL).
#pragma once

#include "core/model/deltas.h"
#include "methods/catalog/delta_choices.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

namespace diapason {

/// 1 where |score| is among the largest, 0 for the int((1−keep)·n) smallest; of equal ones the first is smaller.
at::Tensor kept_mask(const at::Tensor& scores, double keep);

/// kept_mask(), whose gradient goes to |score| unchanged (Zeng et al. 2023, §3.2).
at::Tensor trained_mask(const at::Tensor& scores, double keep);

at::Tensor combined_masks(const at::Tensor& a, const at::Tensor& b, MaskRule rule);

/// The scores that several tasks have for one tensor; all layers share them.
struct TaskScores {
    std::vector<Parameter*> scores; ///< one a task
    MaskRule rule = MaskRule::any;
    std::size_t active = 0;
};

/// The tasks of a model whose masks differ by task; owns what its tensors point at.
class TaskMasks : public SharedModule {
public:
    void prepare() override {}
    TaskScores& add(MaskRule rule);
    /// From now on the model is the one of this task. @throws Error(config) when there is none
    void select(std::size_t task);

private:
    std::vector<std::unique_ptr<TaskScores>> m_tensors;
};

/// W, or W ⊙ mask: the layer's, or the layer's and the active task's.
struct DeltaTensor {
    Parameter* parameter = nullptr;
    Parameter* scores = nullptr; ///< of this layer; null = no mask
    double keep = 1;
    const TaskScores* tasks = nullptr; ///< null = one task

    at::Tensor value() const;
    at::Tensor masked(const at::Tensor& whole) const; ///< the same for a tensor that is computed
};

} // namespace diapason
