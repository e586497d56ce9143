// Prefix-tuning (Li & Liang 2021), and P-tuning v2's deep prompts: trained rows in front of every layer's keys and
// values.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo prefix_tuning_info();

} // namespace diapason
