// P-tuning (Liu et al. 2021): soft tokens that a small network makes from trained vectors.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo p_tuning_info();

} // namespace diapason
