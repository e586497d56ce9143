#include "methods/deltas/adapter/attach.h"

namespace diapason {

void attach_serial_adapter(const OptionValues& options, Model& model, MethodContext& context) {
    attach_adapters(adapter_plan(model.config(), options, serial_adapter_plan()), model, context);
    model.train_head();
}

} // namespace diapason
