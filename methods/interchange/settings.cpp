#include "methods/interchange/settings.h"

namespace diapason {

const Json& Settings::field(const char* name) const {
    static const Json none;
    const auto found = m_object.find(name);
    return found == m_object.end() ? none : *found;
}

Error Settings::error(const char* name, const std::string& what) const {
    return Error(ErrorKind::input, {what, m_origin, name, field(name).dump(), {}});
}

double Settings::number(const char* name, double fallback) const {
    const Json& value = field(name);
    if (value.is_null()) return fallback;
    if (!value.is_number()) throw error(name, "is no number");
    return value.get<double>();
}

std::int64_t Settings::integer(const char* name, std::int64_t fallback) const {
    const Json& value = field(name);
    if (value.is_null()) return fallback;
    if (!value.is_number_integer()) throw error(name, "is no whole number");
    return value.get<std::int64_t>();
}

bool Settings::flag(const char* name, bool fallback) const {
    const Json& value = field(name);
    if (value.is_null()) return fallback;
    if (!value.is_boolean()) throw error(name, "is neither true nor false");
    return value.get<bool>();
}

std::string Settings::text(const char* name, const std::string& fallback) const {
    const Json& value = field(name);
    if (value.is_null()) return fallback;
    if (!value.is_string()) throw error(name, "is no text");
    return value.get<std::string>();
}

std::vector<std::string> Settings::texts(const char* name) const {
    const Json& value = field(name);
    std::vector<std::string> list;
    if (value.is_null()) return list;
    if (!value.is_array()) throw error(name, "is no list");
    for (const Json& item : value) {
        if (!item.is_string()) throw error(name, "is no list of texts");
        list.push_back(item.get<std::string>());
    }
    return list;
}

std::vector<std::int64_t> Settings::integers(const char* name) const {
    const Json& value = field(name);
    std::vector<std::int64_t> list;
    if (value.is_null()) return list;
    if (!value.is_array()) throw error(name, "is no list");
    for (const Json& item : value) {
        if (!item.is_number_integer()) throw error(name, "is no list of whole numbers");
        list.push_back(item.get<std::int64_t>());
    }
    return list;
}

void Settings::require(const char* name, const Json& normal) const {
    const Json& value = field(name);
    if (!value.is_null() && value != normal) throw error(name, "unsupported: this option is not implemented");
}

} // namespace diapason
