// The settings of an adapter in its folder's JSON document, with types checked.
#pragma once

#include "core/base/error.h"
#include "core/base/fields.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// One object of a JSON document of another library; fields that nobody asks for are left alone, absent and null ones
/// mean the fallback. The first value of a wrong type is thrown as Error(input).
class Settings {
public:
    /// @param origin file name for messages @param object must outlive the settings
    Settings(std::string origin, const Json& object) : m_origin(std::move(origin)), m_object(object) {}

    const Json& field(const char* name) const; ///< null when absent
    double number(const char* name, double fallback) const;
    std::int64_t integer(const char* name, std::int64_t fallback) const;
    bool flag(const char* name, bool fallback = false) const;
    std::string text(const char* name, const std::string& fallback = {}) const;
    std::vector<std::string> texts(const char* name) const;
    std::vector<std::string> text_or_texts(const char* name) const; ///< one text counts as a list of it
    std::vector<std::int64_t> integers(const char* name) const;

    /// Refuses options that change what is computed and that nothing here computes: each must have the value `normal`.
    void require(const char* name, const Json& normal) const;
    Error error(const std::string& name, const std::string& what) const; ///< with the field's value

private:
    template <typename Read>
    auto read(Read read_field) const {
        std::vector<Problem> problems;
        Fields fields(m_object, {}, problems, Fields::Others::ignored);
        auto value = read_field(fields);
        if (problems.empty()) return value;
        const Problem& first = problems.front();
        throw Error(ErrorKind::input, {first.what, m_origin, first.field.text(), first.value, first.remedy});
    }

    std::string m_origin;
    const Json& m_object;
};

} // namespace diapason
