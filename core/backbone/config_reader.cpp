#include "core/backbone/config_reader.h"

#include <map>

namespace diapason {

std::int64_t ConfigReader::size(const char* name, std::int64_t maximum, std::optional<std::int64_t> fallback) {
    if (!has(name)) {
        if (fallback) return *fallback;
        m_problems.push_back({name, {}, "is missing", {}});
        return 1;
    }
    const Json& value = m_document.at(name);
    if (!value.is_number_integer() || value.get<double>() < 1 || value.get<double>() > static_cast<double>(maximum)) {
        m_problems.push_back(
            {name, value.dump(), "a whole number from 1 to " + std::to_string(maximum) + " is needed", {}});
        return 1;
    }
    return value.get<std::int64_t>();
}

double ConfigReader::real(const char* name, double fallback, double minimum, double maximum) {
    if (!has(name)) return fallback;
    const Json& value = m_document.at(name);
    if (!value.is_number() || !(value.get<double>() >= minimum && value.get<double>() <= maximum)) {
        m_problems.push_back({name,
                              value.dump(),
                              "a number from " + Json(minimum).dump() + " to " + Json(maximum).dump() + " is needed",
                              {}});
        return fallback;
    }
    return value.get<double>();
}

bool ConfigReader::flag(const char* name, bool fallback) {
    if (!has(name)) return fallback;
    if (m_document.at(name).is_boolean()) return m_document.at(name).get<bool>();
    m_problems.push_back({name, m_document.at(name).dump(), "true or false is needed", {}});
    return fallback;
}

std::string ConfigReader::text(const char* name, const std::string& fallback) {
    if (!has(name)) return fallback;
    if (m_document.at(name).is_string()) return m_document.at(name).get<std::string>();
    m_problems.push_back({name, m_document.at(name).dump(), "a text is needed", {}});
    return fallback;
}

std::int64_t ConfigReader::token(const char* name) {
    if (!has(name)) return -1;
    const Json& value = m_document.at(name);
    const Json& first = value.is_array() && !value.empty() ? value.front() : value;
    if (first.is_number_integer()) return first.get<std::int64_t>();
    m_problems.push_back({name, value.dump(), "a token id is needed", {}});
    return -1;
}

Activation ConfigReader::activation(const char* name, const std::string& fallback) {
    static const std::map<std::string, Activation> known = {
        {"gelu", Activation::gelu},           {"gelu_python", Activation::gelu},
        {"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh},
        {"gelu_fast", Activation::gelu_tanh}, {"quick_gelu", Activation::quick_gelu},
        {"relu", Activation::relu},           {"silu", Activation::silu},
        {"swish", Activation::silu},          {"tanh", Activation::tanh}};
    const std::string word = text(name, fallback);
    const auto found = known.find(word);
    if (found != known.end()) return found->second;
    problem({name, word, "this activation is not known", {}});
    return Activation::gelu;
}

} // namespace diapason
