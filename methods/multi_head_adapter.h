// Multi-head parallel adapters (He et al. 2022, §4.6): a bottleneck for every head.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo multi_head_adapter_info();

} // namespace diapason
