// Whether soft tokens in front of the input leave room for text. Torch-free.
#pragma once

#include "core/backbone/backbone_config.h"

#include <cstdint>
#include <string>

namespace diapason {

/// Empty, or why soft tokens of this number leave no room for text: learned positions end somewhere.
std::string prompt_room_refusal(const BackboneConfig& config, std::int64_t length);

} // namespace diapason
