// Instruction prompt tuning (Sun et al. 2023): a soft prompt and demonstrations in front of every question.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo instruction_prompt_tuning_info();

} // namespace diapason
