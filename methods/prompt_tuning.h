// Prompt tuning (Lester et al. 2021): soft tokens in front of the input, everything else frozen.
#pragma once

#include "methods/catalog/method_info.h"

#include <cstdint>
#include <string>

namespace diapason {

MethodInfo prompt_tuning_info();

/// Empty, or why soft tokens of this number leave no room for text: learned positions end somewhere.
std::string prompt_room_refusal(const BackboneConfig& config, std::int64_t length);

} // namespace diapason
