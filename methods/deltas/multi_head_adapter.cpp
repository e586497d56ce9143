#include "methods/deltas/adapter/attach.h"

namespace diapason {

void attach_multi_head_adapter(const OptionValues& options, Model& model, MethodContext& context) {
    attach_adapters(adapter_plan(model.config(), options, multi_head_adapter_plan()), model, context);
    model.train_head();
}

} // namespace diapason
