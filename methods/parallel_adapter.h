// Parallel adapters (He et al. 2022), scaled or not: bottlenecks beside the sublayers.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo parallel_adapter_info();

} // namespace diapason
