// Serial adapters (Houlsby et al. 2019; Pfeiffer et al. 2021): bottlenecks behind the sublayers.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo serial_adapter_info();

} // namespace diapason
