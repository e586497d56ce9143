// The settings of an adapter in its folder's JSON document, with types checked.
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// One object of a JSON document; absent and null fields mean the fallback. @throws Error(input) for another type
class Settings {
public:
    /// @param origin file name for messages @param object must outlive the settings
    Settings(std::string origin, const Json& object) : m_origin(std::move(origin)), m_object(object) {}

    const Json& field(const char* name) const; ///< null when absent
    double number(const char* name, double fallback) const;
    std::int64_t integer(const char* name, std::int64_t fallback) const;
    bool flag(const char* name, bool fallback) const;
    std::string text(const char* name, const std::string& fallback) const;
    std::vector<std::string> texts(const char* name) const;
    std::vector<std::int64_t> integers(const char* name) const;

    /// Refuses options that change what is computed and that nothing here computes: each must have the value `normal`.
    void require(const char* name, const Json& normal) const;
    Error error(const char* name, const std::string& what) const;
    const Json& object() const { return m_object; }

private:
    std::string m_origin;
    const Json& m_object;
};

} // namespace diapason
