// Descriptors of single methods, for those that are made of others. Each is in <name>_info.cpp; method_info.h has them
// all.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

#define DIAPASON_METHOD(name) MethodInfo name##_info();
#include "methods/methods.def"

} // namespace diapason
