#include "experiments/study/study.h"

#include "core/backbone/backbone_config.h"
#include "core/backbone/sites.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/training_options.h"
#include "core/base/words.h"
#include "core/data/task.h"
#include "core/library/library.h"
#include "methods/catalog/method_info.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace diapason {
namespace {

constexpr std::string_view training_prefix = "training.";
constexpr std::size_t max_runs = 100'000;
constexpr double max_combinations = 2e5;

// Whether the machine has it is the engine's to say.
bool is_device_name(const std::string& name) {
    if (name == "cpu" || name == "cuda" || name == "auto") return true;
    const std::string number = name.rfind("cuda:", 0) == 0 ? name.substr(5) : "";
    return !number.empty() && number.size() < 4 && number.find_first_not_of("0123456789") == std::string::npos;
}

const OptionDescriptor* find_option(const std::vector<OptionDescriptor>& options, const std::string& name) {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const OptionDescriptor& d) { return d.name == name; });
    return found == options.end() ? nullptr : &*found;
}

void check_levels(const Factor& factor, const std::vector<OptionDescriptor>& options, const std::string& name,
                  const std::string& field, std::vector<Problem>& problems) {
    const OptionDescriptor* option = find_option(options, name);
    if (option == nullptr) {
        std::vector<std::string> names;
        for (const OptionDescriptor& d : options)
            names.push_back(d.name);
        problems.push_back({field, {}, "there is no such option", did_you_mean(name, names)});
        return;
    }
    if (factor.levels.empty()) problems.push_back({field, {}, "a factor needs a level", {}});
    for (std::size_t i = 0; i < factor.levels.size(); ++i) {
        if (const std::string wrong = check_option(*option, factor.levels[i]); !wrong.empty()) {
            problems.push_back({field + "[" + std::to_string(i) + "]", factor.levels[i].dump(), wrong, {}});
        }
        if (std::count(factor.levels.begin(), factor.levels.end(), factor.levels[i]) > 1 &&
            std::find(factor.levels.begin(), factor.levels.end(), factor.levels[i]) ==
                factor.levels.begin() + static_cast<std::ptrdiff_t>(i)) {
            problems.push_back({field, factor.levels[i].dump(), "this level is there twice", {}});
        }
    }
}

// An exclusion that leaves nothing out is a slip of the pen.
void check_exclusions(const Study& study, std::vector<Problem>& problems) {
    Study all = study;
    all.exclude.clear();
    const std::vector<Arm> arms = expand(all);
    for (std::size_t i = 0; i < study.exclude.size(); ++i) {
        const Exclusion& exclusion = study.exclude[i];
        if (std::none_of(arms.begin(), arms.end(), [&](const Arm& arm) { return matches(exclusion, arm.levels); }))
            problems.push_back({"exclude[" + std::to_string(i) + "].match", exclusion.match.dump(),
                                "no arm has these levels", "Name the levels as in \"vary\" and \"factors\""});
    }
}

// Arms before exclusions; a floating-point number, since it may be beyond every integer.
double combination_count(const Study& study) {
    const auto product_of = [](const std::vector<Factor>& factors) {
        double count = 1;
        for (const Factor& factor : factors)
            count *= static_cast<double>(factor.levels.size());
        return count;
    };
    double count = 0;
    for (const StudyMethod& method : study.methods)
        count += product_of(method.vary);
    return count * product_of(study.factors);
}

// What an arm's own method, backbone and task say against each other; each reason once a method.
void check_arms(const std::vector<Arm>& arms, std::vector<Problem>& problems) {
    std::set<std::string> said;
    std::map<std::string, BackboneConfig> configs;
    std::map<std::string, Task> tasks;
    const auto say = [&](const Arm& arm, const std::string& what, const std::string& remedy) {
        if (said.insert(arm.spec.method + what).second) problems.push_back({"methods", arm.label, what, remedy});
    };
    for (const Arm& arm : arms) {
        try {
            if (configs.count(arm.spec.backbone) == 0)
                configs[arm.spec.backbone] = read_backbone_config(resolve_backbone(arm.spec.backbone));
            if (tasks.count(arm.spec.task) == 0) tasks[arm.spec.task] = load_task(arm.spec.task);
            const BackboneConfig& config = configs.at(arm.spec.backbone);
            const Task& task = tasks.at(arm.spec.task);
            const MethodInfo& info = method_info(arm.spec.method);
            const bool in_words = answers_in_words(info, arm.spec.training_options);
            if (const std::string why = task_refusal(task, config, in_words); !why.empty()) {
                say(arm, why, "Choose another backbone");
                continue;
            }
            for (const Problem& problem : in_words ? task.kind->problems_in_words(task) : std::vector<Problem>()) {
                if (said.insert(arm.spec.task + problem.field).second)
                    problems.push_back({"task", arm.spec.task,
                                        problem.field + " = " + problem.value + ": " + problem.what, problem.remedy});
            }
            std::vector<Problem> ignored; // values are checked where they are given
            const auto options = OptionValues::from_json(info.options, arm.spec.method_options, "", ignored);
            if (const std::string why = info.refusal(config, shape_of(task, config, in_words), options); !why.empty())
                say(arm, why, {});
        } catch (const Error& error) {
            say(arm, error.details().what, error.details().remedy);
        }
    }
}

// Addresses that match nothing, at the fields where they are given.
void check_sites(const BackboneConfig& config, const MethodInfo& info, const StudyMethod& entry,
                 const std::string& field, std::vector<Problem>& problems) {
    const auto check = [&](const Json& value, const std::string& at) {
        if (!value.is_string()) return; // said already
        try {
            match_sites(config, value.get<std::string>());
        } catch (const Error& error) {
            problems.push_back({at, value.get<std::string>(), error.details().what, error.details().remedy});
        }
    };
    for (const OptionDescriptor& option : info.options) {
        if (option.type != OptionType::sites) continue;
        if (entry.options.is_object() && entry.options.contains(option.name))
            check(entry.options.at(option.name), field + ".options." + option.name);
        for (const Factor& factor : entry.vary) {
            for (const Json& level : factor.levels) {
                if (factor.address == option.name) check(level, field + ".vary." + option.name);
            }
        }
    }
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

std::vector<Problem> problems_of(const Study& study) {
    std::vector<Problem> problems;
    if (study.title.empty()) problems.push_back({"title", {}, "is empty", "Name the study"});
    if (study.methods.empty()) problems.push_back({"methods", {}, "no method is chosen", "Add a method"});
    if (study.seeds.empty())
        problems.push_back(
            {"seeds", {}, "no seed is given", "Three seeds are the least for an interval worth drawing"});
    if (std::set<std::uint64_t>(study.seeds.begin(), study.seeds.end()).size() != study.seeds.size())
        problems.push_back({"seeds", {}, "a seed is there twice", "Repeated seeds give the same run"});
    if (study.threads < 1 || study.threads > 1024)
        problems.push_back({"threads", std::to_string(study.threads), "a number from 1 to 1024 is needed", {}});
    if (!is_device_name(study.device))
        problems.push_back({"device", study.device, "it must be cpu, cuda, cuda:N or auto", {}});
    OptionValues::from_json(training_options(), study.training, "training", problems);
    const auto attempt = [&](const char* field, const std::string& value, auto&& look) {
        try {
            look();
        } catch (const Error& error) {
            // What is wrong inside a file needs the file and its field; a name that nobody knows is the value itself.
            const ErrorDetails& d = error.details();
            problems.push_back(d.file.empty() ? Problem{field, value, d.what, d.remedy}
                                              : Problem{field, value, error.what(), {}});
        }
    };
    std::optional<BackboneConfig> backbone;
    attempt("backbone", study.backbone, [&] { backbone = read_backbone_config(resolve_backbone(study.backbone)); });
    attempt("task", study.task, [&] { load_task(study.task); });
    for (std::size_t i = 0; i < study.methods.size(); ++i) {
        const StudyMethod& entry = study.methods[i];
        const std::string field = "methods[" + std::to_string(i) + "]";
        const MethodInfo* info = find_method(entry.method);
        if (info == nullptr) {
            std::vector<std::string> ids;
            for (const MethodInfo& candidate : method_catalog())
                ids.push_back(candidate.id);
            problems.push_back(
                {field + ".method", entry.method, "there is no such method", did_you_mean(entry.method, ids)});
            continue;
        }
        OptionValues::from_json(info->options, entry.options, field + ".options", problems);
        OptionValues::from_json(training_options(), entry.training, field + ".training", problems);
        for (const Factor& factor : entry.vary) {
            const std::string at = field + ".vary." + factor.address;
            const bool training = is_training_address(factor.address);
            check_levels(factor, training ? training_options() : info->options, option_name(factor.address), at,
                         problems);
            if (training && varies(study.factors, factor.address))
                problems.push_back({at, {}, "the whole study varies it already", "Vary it in one of the two places"});
        }
        if (backbone) check_sites(*backbone, *info, entry, field, problems);
    }
    for (const Factor& factor : study.factors) {
        const std::string field = "factors." + factor.address;
        if (is_training_address(factor.address))
            check_levels(factor, training_options(), option_name(factor.address), field, problems);
        else if (factor.address != "backbone" && factor.address != "task")
            problems.push_back({field,
                                {},
                                "only backbone, task and training.<option> vary for the whole study",
                                "Options of a method stand in its own \"vary\""});
    }
    if (!problems.empty()) return problems;
    // Counted before they are made: a few long lists multiply to more than fits into memory.
    const double combinations = combination_count(study);
    if (combinations * static_cast<double>(study.seeds.size()) > max_combinations) {
        problems.push_back({"methods",
                            {},
                            "the levels multiply to " + format_count(std::llround(std::min(combinations, 1e15))) +
                                " arms, too many even to leave some out",
                            "Fewer levels or seeds"});
        return problems;
    }
    if (!study.exclude.empty()) check_exclusions(study, problems);
    const std::vector<Arm> arms = expand(study);
    if (arms.empty()) problems.push_back({"exclude", {}, "the exclusions leave no arm", {}});
    if (arms.size() * study.seeds.size() > max_runs)
        problems.push_back(
            {"methods",
             {},
             std::to_string(arms.size() * study.seeds.size()) + " runs are more than " + std::to_string(max_runs),
             "Fewer levels or seeds"});
    check_arms(arms, problems);
    std::set<std::string> labels;
    for (const Arm& arm : arms) {
        if (!labels.insert(arm.label).second)
            problems.push_back({"methods", arm.label, "two arms are the same", "Vary an option or remove one of them"});
    }
    if (!study.baseline.empty() && labels.count(study.baseline) == 0)
        problems.push_back({"baseline", study.baseline, "no arm has this label",
                            did_you_mean(study.baseline, {labels.begin(), labels.end()})});
    return problems;
}

} // namespace diapason
