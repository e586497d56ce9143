// Mix-and-match adapters (He et al. 2022, §4.7): nothing but prefix-tuning and scaled parallel adapters together.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo mam_info();

} // namespace diapason
