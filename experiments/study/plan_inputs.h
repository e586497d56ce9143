// What a plan's runs will read: rows of tasks, tokenizers.
#pragma once

#include "experiments/study/plan.h"

namespace diapason {

/// Reads all rows of the plan's tasks and the tokenizers of its backbones, so that what is wrong with them is said
/// before anything is stored, not by every run. Tokenizers that only the engine reads are left to it.
/// @throws Error of the kind of the first fault; several are listed together
void check_inputs(const Plan& plan);

} // namespace diapason
