#include "methods/deltas/adapter/attach.h"

namespace diapason {

void attach_compacter(const OptionValues& options, Model& model, MethodContext& context) {
    attach_adapters(adapter_plan(model.config(), options, compacter_plan()), model, context);
    model.train_head();
}

} // namespace diapason
