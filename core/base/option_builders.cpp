#include "core/base/option_builders.h"

#include <utility>

namespace diapason::option {
namespace {

OptionDescriptor made(OptionType type, std::string name, std::string label, Json value, std::string help,
                      std::string source) {
    OptionDescriptor option;
    option.name = std::move(name);
    option.label = std::move(label);
    option.type = type;
    option.default_value = std::move(value);
    option.help = std::move(help);
    option.source = std::move(source);
    return option;
}

OptionDescriptor between(OptionDescriptor option, double minimum, double maximum) {
    option.minimum = minimum;
    option.maximum = maximum;
    return option;
}

} // namespace

OptionDescriptor integer(std::string name, std::string label, std::int64_t value, double minimum, double maximum,
                         std::string help, std::string source) {
    return between(
        made(OptionType::integer, std::move(name), std::move(label), value, std::move(help), std::move(source)),
        minimum, maximum);
}

OptionDescriptor real(std::string name, std::string label, double value, double minimum, double maximum,
                      std::string help, std::string source) {
    return between(made(OptionType::real, std::move(name), std::move(label), value, std::move(help), std::move(source)),
                   minimum, maximum);
}

OptionDescriptor flag(std::string name, std::string label, bool value, std::string help, std::string source) {
    return made(OptionType::boolean, std::move(name), std::move(label), value, std::move(help), std::move(source));
}

OptionDescriptor choice(std::string name, std::string label, const std::string& value,
                        std::vector<OptionChoice> choices, std::string help, std::string source) {
    OptionDescriptor option =
        made(OptionType::choice, std::move(name), std::move(label), value, std::move(help), std::move(source));
    option.choices = std::move(choices);
    return option;
}

OptionDescriptor text(std::string name, std::string label, const std::string& value, std::string help,
                      std::string source) {
    return made(OptionType::text, std::move(name), std::move(label), value, std::move(help), std::move(source));
}

OptionDescriptor sites(std::string name, std::string label, const std::string& value, std::string help,
                       std::string source) {
    return made(OptionType::sites, std::move(name), std::move(label), value, std::move(help), std::move(source));
}

OptionDescriptor advanced(OptionDescriptor option) {
    option.advanced = true;
    return option;
}

OptionDescriptor in_units(OptionDescriptor option, std::string unit) {
    option.unit = std::move(unit);
    return option;
}

OptionDescriptor only_when(OptionDescriptor option, std::string other, std::vector<std::string> values) {
    option.only_when_name = std::move(other);
    option.only_when_values = std::move(values);
    return option;
}

} // namespace diapason::option
