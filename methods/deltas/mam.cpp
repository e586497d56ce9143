
#include "methods/method.h"

namespace diapason {

void attach_mam(const OptionValues& options, Model& model, MethodContext& context) {
    attach_parts("mam", options, model, context);
}

} // namespace diapason
