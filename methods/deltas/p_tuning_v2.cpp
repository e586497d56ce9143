
#include "methods/method.h"

namespace diapason {

void attach_p_tuning_v2(const OptionValues& options, Model& model, MethodContext& context) {
    attach_parts("p_tuning_v2", options, model, context);
}

} // namespace diapason
