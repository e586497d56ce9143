
#include "core/base/error.h"
#include "methods/method.h"

namespace diapason {

void attach_head_only(const OptionValues&, Model& model, MethodContext&) {
    model.train_head();
    if (model.trainable().empty()) {
        throw config_error("method", "head_only", "this task has no head of its own, so nothing would be trained");
    }
}

} // namespace diapason
