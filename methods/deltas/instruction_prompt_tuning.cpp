
#include "methods/method.h"

namespace diapason {

void attach_instruction_prompt_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    attach_parts("instruction_prompt_tuning", options, model, context);
}

} // namespace diapason
