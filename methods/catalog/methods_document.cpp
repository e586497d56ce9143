#include "methods/catalog/methods_document.h"

#include "core/base/training_options.h"
#include "core/base/words.h"
#include "methods/catalog/method_info.h"

#include <string>
#include <vector>

namespace diapason {
namespace {

// A cell of a Markdown table: no line breaks, no unescaped bars.
std::string cell(const std::string& text) {
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

std::string option_table(const std::vector<OptionDescriptor>& options) {
    if (options.empty()) return "No options.\n";
    std::string text = "| option | range | default | meaning | source |\n|---|---|---|---|---|\n";
    for (const OptionDescriptor& d : options) {
        std::string meaning = d.help;
        if (!d.only_when_name.empty())
            meaning += " Only when " + d.only_when_name + " is " + joined(d.only_when_values) + ".";
        text += "| `" + d.name + "` | " + cell(range_of(d)) + " | " + cell(plain_text(d.default_value)) + " | " +
                cell(meaning) + " | " + cell(d.source) + " |\n";
    }
    return text;
}

std::string preset_list(const std::vector<MethodPreset>& presets) {
    std::string text;
    for (const MethodPreset& preset : presets) {
        const std::string values = joined_by(preset.options.items(), [](const auto& option) {
            return "`" + option.key() + "` " + plain_text(option.value());
        });
        text += "- Preset `" + preset.name + "` (" + preset.label + "): " + values + "\n";
    }
    return text.empty() ? text : "\n" + text;
}

std::string rate_of(const MethodInfo& method) {
    if (method.default_learning_rate == 0) return {};
    return " Default learning rate " + Json(method.default_learning_rate).dump() + ".";
}

std::string start_of(const MethodInfo& method) {
    const std::string other = other_start(method, checked_options(method, Json::object(), method.id));
    return other.empty() ? "\nIt starts as the backbone itself.\n"
                         : "\nIt does not start as the backbone itself: " + other + ".\n";
}

std::string part_list(const std::vector<MethodPart>& parts) {
    std::string text;
    for (const MethodPart& part : parts)
        text += (text.empty() ? "\nConsists of " : " and ") + ("`" + part.method + "`");
    return text.empty() ? text : text + ".\n";
}

std::string trap_list(const std::vector<std::string>& traps) {
    std::string text;
    for (const std::string& trap : traps)
        text += "- " + trap + "\n";
    return text.empty() ? text : "\nCommon mistakes, and what is done here:\n\n" + text;
}

} // namespace

std::string methods_document() {
    std::string text = "# Methods\n\nGenerated from the option descriptors (`diapason-cli methods --markdown`); do not "
                       "edit by hand.\n\n| method | id | paper | what it trains |\n|---|---|---|---|\n";
    for (const MethodInfo& method : method_catalog()) {
        text += "| " + cell(method.label) + " | `" + method.id + "` | " + cell(method.paper) + " | " +
                cell(method.summary) + " |\n";
    }
    for (const MethodInfo& method : method_catalog()) {
        text += "\n## " + method.label + "\n\n`" + method.formula + "` — " + method.paper + ". " + method.summary +
                rate_of(method) + "\n\n![Where " + method.label + " changes a layer](images/methods/" + method.id +
                ".svg)\n\n" + option_table(method.options) + preset_list(method.presets) + start_of(method) +
                part_list(method.parts) + trap_list(method.traps);
    }
    text += "\n## Training\n\nOptions of every run, regardless of the method.\n\n" + option_table(training_options());
    return text;
}

} // namespace diapason
