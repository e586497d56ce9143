// Reads the fields of a config.json and collects what is wrong with them.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/base/options.h"

#include <optional>
#include <string>
#include <vector>

namespace diapason {

class ConfigReader {
public:
    ConfigReader(const Json& document, std::vector<Problem>& problems) : m_document(document), m_problems(problems) {}

    bool has(const char* name) const { return m_document.contains(name) && !m_document.at(name).is_null(); }
    /// A whole number from 1 to maximum; without a fallback the field must be there.
    std::int64_t size(const char* name, std::int64_t maximum, std::optional<std::int64_t> fallback = {});
    double real(const char* name, double fallback, double minimum, double maximum);
    bool flag(const char* name, bool fallback);
    std::string text(const char* name, const std::string& fallback);
    std::int64_t token(const char* name); ///< -1 when absent; lists (several end tokens) give their first entry
    Activation activation(const char* name, const std::string& fallback);

    void problem(Problem p) { m_problems.push_back(std::move(p)); }
    const Json& document() const { return m_document; }

private:
    const Json& m_document;
    std::vector<Problem>& m_problems;
};

/// Sizes above these are refused before anything is allocated.
inline constexpr std::int64_t max_layers = 1000, max_width = 65536, max_vocabulary = 4'000'000,
                              max_position_count = 16'777'216;

} // namespace diapason
