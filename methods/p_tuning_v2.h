// P-tuning v2 (Liu et al. 2022): prefixes in every layer without a network, and a linear head instead of words.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo p_tuning_v2_info();

} // namespace diapason
