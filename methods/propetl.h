// ProPETL (Zeng et al. 2023): one prototype for all layers, and a binary mask for each of them.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo propetl_info();

} // namespace diapason
