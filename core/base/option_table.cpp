#include "core/base/option_table.h"

#include "core/base/words.h"

namespace diapason {
namespace {

std::string range_of(const OptionDescriptor& d) {
    if (d.type == OptionType::boolean) return "true, false";
    if (d.type == OptionType::text) return "text";
    if (d.type == OptionType::sites) return "site address";
    if (d.type == OptionType::choice) return joined_by(d.choices, &OptionChoice::value);
    const auto bound = [&](double value) {
        return d.type == OptionType::integer ? Json(static_cast<std::int64_t>(value)).dump() : Json(value).dump();
    };
    if (d.minimum && d.maximum) return bound(*d.minimum) + " to " + bound(*d.maximum);
    if (d.minimum) return "≥ " + bound(*d.minimum);
    if (d.maximum) return "≤ " + bound(*d.maximum);
    return d.type == OptionType::integer ? "whole number" : "number";
}

} // namespace

std::string document_cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|')
            out += "\\|";
        else if (c == '\n')
            out += ' ';
        else
            out += c;
    }
    return out.empty() ? "–" : out;
}

std::string markdown_table(const std::vector<OptionDescriptor>& options) {
    if (options.empty()) return "No options.\n";
    std::string text = "| option | range | default | meaning | source |\n|---|---|---|---|---|\n";
    for (const OptionDescriptor& d : options) {
        std::string meaning = d.help;
        if (!d.only_when_name.empty())
            meaning += " Only when " + d.only_when_name + " is " + joined(d.only_when_values) + ".";
        text += "| `" + d.name + "` | " + document_cell(range_of(d)) + " | " +
                document_cell(plain_text(d.default_value)) + " | " + document_cell(meaning) + " | " +
                document_cell(d.source) + " |\n";
    }
    return text;
}

} // namespace diapason
