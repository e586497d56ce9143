// Reads the fields of a config.json and collects what is wrong with them.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/base/fields.h"

#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// What the fields of a config.json have in common; others than those that are read are none of our business.
class ConfigReader : public Fields {
public:
    ConfigReader(const Json& document, std::vector<Problem>& problems)
        : Fields(document, {}, problems, Others::ignored) {}

    /// A whole number from 1 to maximum; without a fallback the field must be there.
    std::int64_t size(const char* name, std::int64_t maximum, std::optional<std::int64_t> fallback = {});
    std::int64_t token(const char* name); ///< -1 when absent; lists (several end tokens) give their first entry
    Activation activation(const char* name, const std::string& fallback);
};

/// Sizes above these are refused before anything is allocated.
inline constexpr std::int64_t max_layers = 1000, max_width = 65536, max_vocabulary = 4'000'000,
                              max_position_count = 16'777'216;

} // namespace diapason
