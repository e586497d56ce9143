// Which attentions get a prefix. Torch-free.
#pragma once

#include "core/backbone/sites.h"
#include "methods/catalog/method_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// The attentions of one kind: encoder self, decoder self, cross. They share one reparametrisation.
struct PrefixGroup {
    std::string stack, sublayer;
    std::int64_t width = 0; ///< of keys: kv_heads · head_width
    std::vector<std::int64_t> layers;

    std::string address() const { return stack + "." + sublayer; }
    std::int64_t slices() const { return 2 * static_cast<std::int64_t>(layers.size()); }
};

/// @throws Error(config)
std::vector<PrefixGroup> prefix_groups(const BackboneConfig& config, const OptionValues& options);

/// Positions before those of real tokens, which the option `position_shift` asks for.
std::int64_t shifted_positions(const BackboneConfig& config, const OptionValues& options);

/// Empty, or why the option `position_shift` leaves no room for text behind `length` rows.
std::string position_refusal(const BackboneConfig& config, const OptionValues& options);

} // namespace diapason
