#include "experiments/study/backbone_use.h"

#include "core/base/error.h"
#include "core/library/library.h"

#include <algorithm>

namespace diapason {
namespace {

bool refers_to(const Json& value, const BackboneEntry& backbone) {
    if (!value.is_string()) return false;
    const auto text = value.get<std::string>();
    std::error_code error;
    return text == backbone.name || std::filesystem::equivalent(text, backbone.folder, error);
}

bool uses(const Json& document, const BackboneEntry& backbone) {
    if (!document.is_object()) return false;
    if (document.contains("backbone") && refers_to(document.at("backbone"), backbone)) return true;
    const auto factors = document.find("factors");
    if (factors == document.end() || !factors->is_object()) return false;
    const auto levels = factors->find("backbone");
    return levels != factors->end() && levels->is_array() &&
           std::any_of(levels->begin(), levels->end(), [&](const Json& level) { return refers_to(level, backbone); });
}

} // namespace

std::vector<StudyRecord> studies_using(const StoreReader& reader, const BackboneEntry& backbone) {
    std::vector<StudyRecord> found;
    for (const StudyLine& line : reader.study_lines(true)) {
        try {
            std::optional<StudyRecord> study = reader.study(line.id);
            if (study && uses(study->document, backbone)) found.push_back(std::move(*study));
        } catch (const Error&) { // a document that somebody has broken names no backbone
        }
    }
    return found;
}

} // namespace diapason
