// BitFit (Ben Zaken et al. 2022): only the biases of the backbone are trained.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo bitfit_info();

} // namespace diapason
