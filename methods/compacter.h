// Compacter (Karimi Mahabadi et al. 2021): adapters whose maps are sums of Kronecker products.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo compacter_info();

} // namespace diapason
