// Partial tuning: the last k layers are trained as in full tuning, everything below stays as it is.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo last_layers_info();

} // namespace diapason
