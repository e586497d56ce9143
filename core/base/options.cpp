#include "core/base/options.h"

#include "core/base/error.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diapason {
namespace {

std::string number_text(double value) {
    const Json json =
        value == std::floor(value) && std::abs(value) < 1e15 ? Json(static_cast<std::int64_t>(value)) : Json(value);
    return json.dump();
}

std::string range_text(const OptionDescriptor& d) {
    if (d.minimum && d.maximum) return "from " + number_text(*d.minimum) + " to " + number_text(*d.maximum);
    if (d.minimum) return number_text(*d.minimum) + " or more";
    return number_text(*d.maximum) + " or less";
}

bool in_range(const OptionDescriptor& d, double value) {
    return std::isfinite(value) && (!d.minimum || value >= *d.minimum) && (!d.maximum || value <= *d.maximum);
}

} // namespace

std::string to_line(const Problem& problem) {
    std::string line = problem.field.text();
    if (!problem.value.empty()) line += " = " + problem.value;
    line += ": " + problem.what;
    if (!problem.remedy.empty()) line += ". " + problem.remedy;
    return line;
}

void throw_if_any(const std::vector<Problem>& problems, const std::string& origin) {
    if (problems.empty()) return;
    if (problems.size() == 1) {
        const Problem& p = problems.front();
        throw Error(ErrorKind::config, {p.what, origin, p.field.text(), p.value, p.remedy});
    }
    constexpr std::size_t most_listed = 100;
    std::string what = std::to_string(problems.size()) + " problems";
    for (std::size_t i = 0; i < problems.size() && i < most_listed; ++i)
        what += "\n  " + to_line(problems[i]);
    if (problems.size() > most_listed) what += "\n  and " + std::to_string(problems.size() - most_listed) + " more";
    throw Error(ErrorKind::config, {what, origin, {}, {}, {}});
}

bool matters_with(const OptionDescriptor& option, const Json& governing) {
    const std::string value = plain_text(governing);
    return option.only_when_name.empty() || std::find(option.only_when_values.begin(), option.only_when_values.end(),
                                                      value) != option.only_when_values.end();
}

std::string check_option(const OptionDescriptor& d, const Json& value) {
    switch (d.type) {
    case OptionType::integer:
        if (!value.is_number_integer()) return "must be a whole number";
        if (!in_range(d, value.get<double>())) return "out of range: must be " + range_text(d);
        return {};
    case OptionType::real:
        if (!value.is_number()) return "must be a number";
        if (!in_range(d, value.get<double>())) {
            return d.minimum || d.maximum ? "out of range: must be " + range_text(d) : "must be finite";
        }
        return {};
    case OptionType::boolean:
        return value.is_boolean() ? std::string() : "must be true or false";
    case OptionType::choice: {
        std::vector<std::string> known;
        for (const OptionChoice& choice : d.choices) {
            if (value.is_string() && value.get_ref<const std::string&>() == choice.value) return {};
            known.push_back(choice.value);
        }
        return "must be one of " + joined(known);
    }
    case OptionType::text:
    case OptionType::sites:
        return value.is_string() ? std::string() : "must be a string";
    }
    return {};
}

OptionValues OptionValues::from_json(const std::vector<OptionDescriptor>& descriptors, const Json& given,
                                     const FieldPath& place, std::vector<Problem>& problems) {
    OptionValues result = defaults(descriptors);
    if (given.is_null()) return result;
    if (!given.is_object()) {
        problems.push_back({place, given.dump(), "must be an object with option names and values", {}});
        return result;
    }
    for (const auto& [name, value] : given.items()) {
        const auto found = std::find_if(descriptors.begin(), descriptors.end(),
                                        [&, key = name](const OptionDescriptor& d) { return d.name == key; });
        const FieldPath field = place / name;
        if (found == descriptors.end()) {
            std::vector<std::string> names;
            for (const OptionDescriptor& d : descriptors)
                names.push_back(d.name);
            problems.push_back({field, value.dump(), "there is no such option", did_you_mean(name, names)});
            continue;
        }
        // A real option may be written as a whole number.
        if (const std::string wrong = check_option(*found, value); !wrong.empty()) {
            problems.push_back({field, value.dump(), wrong, {}});
        } else if (found->type == OptionType::real) {
            result.m_values[name] = value.get<double>();
        } else {
            result.m_values[name] = value;
        }
    }
    return result;
}

OptionValues OptionValues::defaults(const std::vector<OptionDescriptor>& descriptors) {
    OptionValues result;
    for (const OptionDescriptor& d : descriptors)
        result.m_values[d.name] = d.default_value;
    return result;
}

std::int64_t OptionValues::integer(const std::string& name) const {
    return m_values.at(name).get<std::int64_t>();
}
double OptionValues::real(const std::string& name) const {
    return m_values.at(name).get<double>();
}
bool OptionValues::flag(const std::string& name) const {
    return m_values.at(name).get<bool>();
}
const std::string& OptionValues::text(const std::string& name) const {
    return m_values.at(name).get_ref<const std::string&>();
}

} // namespace diapason
