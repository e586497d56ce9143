// Full tuning: every weight of the backbone is trained. The reference that all others are compared with.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo full_tuning_info();

} // namespace diapason
