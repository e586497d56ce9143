// Arms: what a study's factors multiply to, and what tells arms apart.
#include "core/base/training_options.h"
#include "core/base/words.h"
#include "experiments/study/study.h"
#include "methods/catalog/method_info.h"

#include <algorithm>
#include <set>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view training_prefix = "training.";

// What a level adds to a label. @param others the factor's levels
std::string label_of(const std::string& address, const Json& level, const std::vector<Json>& others = {}) {
    return ", " + option_name(address) + " " + level_text(address, level, others);
}

const std::vector<Json>& levels_of(const std::vector<Factor>& factors, const std::string& address) {
    static const std::vector<Json> none;
    const auto found =
        std::find_if(factors.begin(), factors.end(), [&](const Factor& factor) { return factor.address == address; });
    return found == factors.end() ? none : found->levels;
}

// Every combination of levels, the last factor running fastest.
std::vector<std::vector<std::pair<std::string, Json>>> product(const std::vector<Factor>& factors) {
    std::vector<std::vector<std::pair<std::string, Json>>> combinations(1);
    for (const Factor& factor : factors) {
        std::vector<std::vector<std::pair<std::string, Json>>> next;
        for (const auto& combination : combinations) {
            for (const Json& level : factor.levels) {
                next.push_back(combination);
                next.back().emplace_back(factor.address, level);
            }
        }
        combinations = std::move(next);
    }
    return combinations;
}

// @param hits of each exclusion; counted up
bool excluded(const Study& study, const Json& levels, std::vector<std::size_t>& hits) {
    bool any = false;
    for (std::size_t i = 0; i < study.exclude.size(); ++i) {
        if (!matches(study.exclude[i], levels)) continue;
        ++hits[i];
        any = true;
    }
    return any;
}

// Preferred slot of the method, else the next free one; arms of one method entry share a hue.
std::vector<int> colour_slots(const Study& study) {
    std::vector<int> slots;
    std::set<int> taken;
    for (const StudyMethod& entry : study.methods) {
        const MethodInfo* info = find_method(entry.method);
        int slot = info != nullptr ? info->colour_slot : 1;
        for (int tries = 0; taken.count(slot) != 0 && tries < 8; ++tries)
            slot = slot % 8 + 1;
        taken.insert(slot);
        slots.push_back(slot);
    }
    return slots;
}

// Training options of a method entry's runs, defaults filled in.
Json training_of(const MethodInfo& info, const Json& given) {
    std::vector<Problem> ignored; // the plan lists them
    Json training = OptionValues::from_json(training_options(), given, "", ignored).json();
    if (training.at("learning_rate") == 0.0) training["learning_rate"] = info.default_learning_rate;
    return training;
}

Json given_training(const Study& study, const StudyMethod& entry) {
    Json training = study.training;
    training.update(entry.training);
    return training;
}

// All options of a method entry that matter, by address, defaults filled in.
Json completed(const Study& study, const StudyMethod& entry, const MethodInfo& info) {
    std::vector<Problem> ignored; // the plan lists them
    const Json own = OptionValues::from_json(info.options, entry.options, "", ignored).json();
    Json all = Json::object();
    for (const OptionDescriptor& option : info.options) {
        const std::string& governing = option.only_when_name;
        if (governing.empty() || varies(entry.vary, governing) || matters_with(option, own.at(governing)))
            all[option.name] = own.at(option.name);
    }
    const Json training = training_of(info, given_training(study, entry));
    for (const auto& [name, value] : training.items())
        all[training_address(name)] = value;
    return all;
}

// The options of each entry in which it differs from another entry of its method, or that the other varies. What the
// entry or the whole study varies is told by its levels.
std::vector<Json> telling_options(const Study& study) {
    std::vector<Json> all, telling(study.methods.size(), Json::object());
    for (const StudyMethod& entry : study.methods) {
        const MethodInfo* info = find_method(entry.method);
        all.push_back(info == nullptr ? Json::object() : completed(study, entry, *info));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t k = 0; k < all.size(); ++k) {
            if (i == k || study.methods[i].method != study.methods[k].method) continue;
            for (const auto& [address, value] : all[i].items()) {
                if (all[k].contains(address) && all[k].at(address) != value) telling[i][address] = value;
            }
            for (const Factor& factor : study.methods[k].vary) {
                if (all[i].contains(factor.address)) telling[i][factor.address] = all[i].at(factor.address);
            }
        }
        for (const auto* factors : {&study.methods[i].vary, &study.factors}) {
            for (const Factor& factor : *factors)
                telling[i].erase(factor.address);
        }
    }
    return telling;
}

} // namespace

bool is_training_address(const std::string& address) {
    return address.starts_with(training_prefix);
}

std::string training_address(const std::string& option) {
    return std::string(training_prefix) + option;
}

std::string option_name(const std::string& address) {
    return is_training_address(address) ? address.substr(training_prefix.size()) : address;
}

std::string level_text(const std::string& address, const Json& level, const std::vector<Json>& levels) {
    const std::string text = plain_text(level);
    if ((address != "backbone" && address != "task") || !fs::path(text).is_absolute()) return text;
    const auto name_of = [](const Json& of) { return fs::path(plain_text(of)).filename(); };
    const bool tells = std::count_if(levels.begin(), levels.end(),
                                     [&](const Json& other) { return name_of(other) == name_of(level); }) <= 1;
    return tells ? name_of(level).string() : text;
}

bool varies(const std::vector<Factor>& factors, const std::string& address) {
    return std::any_of(factors.begin(), factors.end(), [&](const Factor& f) { return f.address == address; });
}

bool matches(const Exclusion& exclusion, const Json& levels) {
    for (const auto& [key, value] : exclusion.match.items()) {
        if (!levels.contains(key) || levels.at(key) != value) return false; // most match nothing at once
    }
    return !exclusion.match.empty();
}

std::vector<std::string> entry_labels(const Study& study) {
    std::vector<std::string> labels;
    const std::vector<Json> telling = telling_options(study);
    for (std::size_t i = 0; i < study.methods.size(); ++i) {
        const MethodInfo* info = find_method(study.methods[i].method);
        labels.push_back(info == nullptr ? study.methods[i].method : info->label);
        for (const auto& [address, level] : telling[i].items())
            labels.back() += label_of(address, level);
    }
    return labels;
}

std::vector<Arm> expand(const Study& study, std::vector<std::size_t>* hits) {
    std::vector<Arm> arms;
    std::vector<std::size_t> met(study.exclude.size());
    const std::vector<int> slots = colour_slots(study);
    const std::vector<Json> telling = telling_options(study);
    for (const auto& wide : product(study.factors)) {
        for (std::size_t m = 0; m < study.methods.size(); ++m) {
            const StudyMethod& entry = study.methods[m];
            const MethodInfo* info = find_method(entry.method);
            if (info == nullptr) continue;
            for (const auto& own : product(entry.vary)) {
                Arm arm;
                arm.entry = m;
                arm.colour_slot = slots[m];
                arm.label = info->label;
                arm.levels["method"] = entry.method;
                arm.spec.backbone = study.backbone;
                arm.spec.task = study.task;
                arm.spec.method = entry.method;
                arm.spec.seed = 0;
                arm.spec.threads = study.threads;
                arm.spec.device = study.device;
                Json training = given_training(study, entry);
                Json options = entry.options;
                const auto tell = [&](const std::string& address, const Json& level) {
                    arm.levels[address] = level;
                    arm.label += label_of(address, level, levels_of(study.factors, address));
                };
                const auto set = [&](const std::string& address, const Json& level) {
                    tell(address, level);
                    if (address == "backbone")
                        arm.spec.backbone = plain_text(level);
                    else if (address == "task")
                        arm.spec.task = plain_text(level);
                    else if (is_training_address(address))
                        training[option_name(address)] = level;
                    else
                        options[address] = level;
                };
                for (const auto& [address, level] : telling[m].items())
                    tell(address, level);
                for (const auto& [address, level] : own)
                    set(address, level);
                for (const auto& [address, level] : wide)
                    set(address, level);
                if (excluded(study, arm.levels, met)) continue;
                std::vector<Problem> ignored; // the plan lists them
                arm.spec.method_options = OptionValues::from_json(info->options, options, "", ignored).json();
                arm.spec.training_options = training_of(*info, training);
                arms.push_back(std::move(arm));
            }
        }
    }
    if (hits != nullptr) *hits = std::move(met);
    return arms;
}

} // namespace diapason
