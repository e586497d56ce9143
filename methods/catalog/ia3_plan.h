// Which maps IA3 rescales, and on which side. Torch-free.
#pragma once

#include "core/backbone/sites.h"
#include "methods/catalog/method_info.h"

#include <cstdint>
#include <vector>

namespace diapason {

struct Ia3Target {
    Site site;
    bool input = false; ///< the map's input is rescaled, else its output
    std::int64_t size() const { return input ? site.in : site.out; }
};

/// @throws Error(config)
std::vector<Ia3Target> ia3_targets(const BackboneConfig& config, const OptionValues& options);

} // namespace diapason
