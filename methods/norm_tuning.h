// Norm tuning: only the gains and biases of the backbone's norms are trained.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo norm_tuning_info();

} // namespace diapason
