#include "methods/catalog/methods_document.h"

#include "core/base/option_table.h"
#include "core/base/training_options.h"
#include "core/base/words.h"
#include "methods/catalog/method_info.h"

#include <string>
#include <vector>

namespace diapason {
namespace {

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
        text += "| " + document_cell(method.label) + " | `" + method.id + "` | " + document_cell(method.paper) + " | " +
                document_cell(method.summary) + " |\n";
    }
    for (const MethodInfo& method : method_catalog()) {
        text += "\n## " + method.label + "\n\n`" + method.formula + "` — " + method.paper + ". " + method.summary +
                rate_of(method) + "\n\n![Where " + method.label + " changes a layer](images/methods/" + method.id +
                ".svg)\n\n" + markdown_table(method.options) + preset_list(method.presets) + start_of(method) +
                part_list(method.parts) + trap_list(method.traps);
    }
    text += "\n## Training\n\nOptions of every run, regardless of the method.\n\n" + markdown_table(training_options());
    return text;
}

} // namespace diapason
