// Values for modules by regular expressions of their paths: rank_pattern and alpha_pattern of a PEFT configuration.
#pragma once

#include "core/text/pattern.h"
#include "methods/interchange/settings.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace diapason::peft {

/// The patterns of one field, compiled once. Searches count their steps together, so that neither a pattern nor their
/// number makes a folder take for ever.
class ModulePatterns {
public:
    /// An object pattern → number; null = none. @throws Error(input) for anything else, and for patterns that Python
    /// knows and Pattern does not
    ModulePatterns(const Settings& settings, const char* field);

    /// The value of the first pattern that is the end of a module's path, from its start or behind a dot: the library's
    /// own rule. @throws Error(input) when the searches take too many steps
    std::optional<double> value_for(const std::string& path) const;

private:
    struct Entry {
        std::string key;
        std::optional<Pattern> pattern; ///< none: letters, digits, underscores and dots, which need no search
        double value = 0;
    };

    const Settings& m_settings;
    const char* m_field;
    std::vector<Entry> m_entries;
    mutable std::size_t m_steps;
};

} // namespace diapason::peft
