// Head only (linear probing): the backbone stays as it is, the task head is trained on its output.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo head_only_info();

} // namespace diapason
