// Scores a model on one split.
#pragma once

#include "core/model/model.h"
#include "experiments/engine/asking.h"
#include "experiments/engine/frozen_states.h"
#include "experiments/engine/task_data.h"
#include "experiments/run/run_event.h"

#include <functional>
#include <map>
#include <string>

namespace diapason {

struct Evaluation {
    double loss = 0;                       ///< mean per label
    std::map<std::string, double> metrics; ///< defined ones only
    std::vector<Prediction> predictions;   ///< when asked for
};

struct EvaluationRequest {
    std::string split;
    std::int64_t max_items = 0; ///< 0 = all
    bool metrics = true;        ///< generation: decode, which costs much more than the loss
    bool predictions = false;
    bool by_mean = false;       ///< an ensemble answers by its mean probability instead of a vote
    Asking* asking = nullptr;   ///< how the model is asked; null = as the task is trained by a head or its templates
    std::function<bool()> stop; ///< checked between batches
    FrozenStates* frozen = nullptr; ///< null = every layer is computed
};

/// Without gradients and dropout, in large packed batches.
Evaluation evaluate(Model& model, TaskData& data, const EvaluationRequest& request);

} // namespace diapason
