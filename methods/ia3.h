// IA3 (Liu et al. 2022): learned vectors that rescale keys, values and the feed-forward network's inner activations.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo ia3_info();

} // namespace diapason
