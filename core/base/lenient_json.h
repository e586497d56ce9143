// Fields of objects that may be damaged or another program's: what has another type counts as absent.
#pragma once

#include "core/base/json.h"

#include <string>

namespace diapason {

inline const Json& part_of(const Json& object, const std::string& key) { ///< null when absent
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

inline double number_in(const Json& object, const std::string& key) { ///< 0 when absent
    const Json& value = part_of(object, key);
    return value.is_number() ? value.get<double>() : 0;
}

inline std::string text_in(const Json& object, const std::string& key) { ///< empty when absent
    const Json& value = part_of(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

} // namespace diapason
