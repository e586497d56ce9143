// Adapters of a plan at work.
#pragma once

#include "methods/catalog/adapter_plan.h"
#include "methods/method.h"

namespace diapason {

/// Makes the adapters of a plan and marks their tensors for training; the head is left to the caller.
void attach_adapters(const AdapterPlan& plan, Model& model, MethodContext& context);

} // namespace diapason
