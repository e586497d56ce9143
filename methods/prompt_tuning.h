// Prompt tuning (Lester et al. 2021): trainable vectors in front of the input's token embeddings, everything else
// frozen.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo prompt_tuning_info();

} // namespace diapason
