#include "experiments/run/inputs.h"

#include "core/base/error.h"

#include <algorithm>

namespace diapason {
namespace {

bool same_input(const Json& a, const Json& b) {
    for (const char* key : {"what", "name", "split", "limit", "sample"}) {
        if (a.value(key, Json()) != b.value(key, Json())) return false;
    }
    return true;
}

// "the split train of mine"
std::string words_for(const Json& input) {
    const std::string what = input.at("what").get<std::string>();
    return what == "data" ? "the split " + input.at("split").get<std::string>() : "the " + what;
}

} // namespace

void require_same_inputs(const Json& recorded, const Json& now, const std::string& who) {
    for (const Json& input : now) {
        const auto before = std::find_if(recorded.begin(), recorded.end(),
                                         [&](const Json& candidate) { return same_input(candidate, input); });
        if (before == recorded.end() || before->at("sha256") == input.at("sha256")) continue;
        throw Error(ErrorKind::input,
                    {words_for(input) + " differs from what " + who + " used: SHA-256 " +
                         input.at("sha256").get<std::string>() + " now, " + before->at("sha256").get<std::string>() +
                         " before",
                     input.at("file").get<std::string>(), input.at("what").get<std::string>(),
                     input.at("name").get<std::string>(), "Restore the earlier one, or start a new study"});
    }
}

void add_inputs(const Json& environment, Json& list) {
    if (!environment.is_object()) return;
    const auto inputs = environment.find("inputs");
    if (inputs == environment.end() || !inputs->is_array()) return;
    for (const Json& input : *inputs) {
        const auto has = [&](const char* key) { return input.contains(key) && input.at(key).is_string(); };
        if (!input.is_object() || !has("what") || !has("name") || !has("sha256")) continue; // not ours
        if (std::find(list.begin(), list.end(), input) == list.end()) list.push_back(input);
    }
}

std::vector<std::string> differing_inputs(const Json& list) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto same = [&](const Json& other) { return same_input(other, list[i]); };
        const bool first = std::none_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), same);
        const auto other = std::find_if(list.begin(), list.end(), [&](const Json& candidate) {
            return same(candidate) && candidate.at("sha256") != list[i].at("sha256");
        });
        if (!first || other == list.end()) continue;
        lines.push_back("Runs read different inputs: " + words_for(list[i]) + " of " +
                        list[i].at("name").get<std::string>() + " (SHA-256 " + list[i].at("sha256").get<std::string>() +
                        " and " + other->at("sha256").get<std::string>() + "); their means mix different inputs");
    }
    return lines;
}

} // namespace diapason
