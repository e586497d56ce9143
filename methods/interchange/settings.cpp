#include "methods/interchange/settings.h"

namespace diapason {

const Json& Settings::field(const char* name) const {
    static const Json none;
    const auto found = m_object.find(name);
    return found == m_object.end() ? none : *found;
}

Error Settings::error(const std::string& name, const std::string& what) const {
    return Error(ErrorKind::input, {what, m_origin, name, field(name.c_str()).dump(), {}});
}

double Settings::number(const char* name, double fallback) const {
    return read([&](Fields& fields) { return fields.real(name, fallback); });
}

std::int64_t Settings::integer(const char* name, std::int64_t fallback) const {
    return read([&](Fields& fields) { return fields.integer(name, fallback); });
}

bool Settings::flag(const char* name, bool fallback) const {
    return read([&](Fields& fields) { return fields.flag(name, fallback); });
}

std::string Settings::text(const char* name, const std::string& fallback) const {
    return read([&](Fields& fields) { return fields.text(name, fallback); });
}

std::vector<std::string> Settings::texts(const char* name) const {
    return read([&](Fields& fields) { return fields.texts(name); });
}

std::vector<std::string> Settings::text_or_texts(const char* name) const {
    return field(name).is_string() ? std::vector{text(name)} : texts(name);
}

std::vector<std::int64_t> Settings::integers(const char* name) const {
    return read([&](Fields& fields) { return fields.integers(name); });
}

void Settings::require(const char* name, const Json& normal) const {
    const Json& value = field(name);
    if (!value.is_null() && value != normal) throw error(name, "unsupported: this option is not implemented");
}

} // namespace diapason
