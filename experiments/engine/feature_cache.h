// Hidden states that cannot change while only the head is trained: computed once per example, used in every epoch and
// evaluation.
#pragma once

#include "core/model/model.h"
#include "experiments/engine/task_data.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace diapason {

/// Keeps the pooled row of each example, [width]. For sequence classification with a frozen backbone and no dropout.
class FeatureCache {
public:
    FeatureCache(Model& model, TaskData& data) : m_model(model), m_data(data) {}

    /// The rows that the head reads, one a sequence.
    at::Tensor rows(const std::string& split, const std::vector<std::int64_t>& items);

private:
    Model& m_model;
    TaskData& m_data;
    std::map<std::string, std::vector<at::Tensor>> m_rows;
};

} // namespace diapason
