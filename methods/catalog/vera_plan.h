// Which maps VeRA changes, and how large the matrices are that they share. Torch-free.
#pragma once

#include "methods/catalog/lora_plan.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// @throws Error(config)
std::vector<LoraTarget> vera_targets(const BackboneConfig& config, const OptionValues& options);

/// A is [rank, in], B [out, rank]: the largest that any map needs.
struct VeraShape {
    std::int64_t rank = 0, in = 0, out = 0;
};
VeraShape vera_shape(const std::vector<LoraTarget>& targets);

} // namespace diapason
