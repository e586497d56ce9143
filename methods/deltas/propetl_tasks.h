// ProPETL for several tasks in one model.
#pragma once

#include "methods/deltas/adapter/delta_tensor.h"
#include "methods/method.h"

namespace diapason {

/// Attaches ProPETL with masks for `tasks` tasks, which all layers share, beside those of the layers; both together
/// mask the prototype by the rule. @param options of the method; sharing must be share_and_mask
/// @return what chooses the task at work; the model owns it. @throws Error(config)
TaskMasks& attach_propetl_tasks(const OptionValues& options, std::int64_t tasks, MaskRule rule, Model& model,
                                MethodContext& context);

} // namespace diapason
