// LoRA (Hu et al. 2022): a low-rank update beside chosen linear maps, W x + (alpha/r) B A x.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo lora_info();

} // namespace diapason
