#include "core/backbone/config_reader.h"

#include <map>

namespace diapason {

std::int64_t ConfigReader::size(const char* name, std::int64_t maximum, std::optional<std::int64_t> fallback) {
    if (!fallback && !has(name)) add(name, {}, "is missing");
    return integer(name, fallback.value_or(1), 1, maximum);
}

std::int64_t ConfigReader::token(const char* name) {
    const Json* value = find(name);
    if (value == nullptr) return -1;
    const Json& first = value->is_array() && !value->empty() ? value->front() : *value;
    if (first.is_number_integer()) return first.get<std::int64_t>();
    add(name, value->dump(), "must be a token id");
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
    add(name, word, "unknown activation");
    return Activation::gelu;
}

} // namespace diapason
