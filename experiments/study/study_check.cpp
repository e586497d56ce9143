#include "experiments/study/study_check.h"

#include "core/backbone/family.h"
#include "core/backbone/sites.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/remedy.h"
#include "core/base/training_options.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diapason {
namespace {

constexpr std::size_t max_runs = 100'000;
constexpr double max_combinations = 2e5; // with their seeds
constexpr double max_arms = 2e4;         // before exclusions; each is a specification of some kilobytes

// Whether the machine has it is the engine's to say.
bool is_device_name(const std::string& name) {
    if (name == "cpu" || name == "cuda" || name == "auto") return true;
    const auto number = name.starts_with("cuda:") ? whole_number(std::string_view(name).substr(5)) : std::nullopt;
    return number && *number >= 0 && *number < 1000;
}

const OptionDescriptor* find_option(const std::vector<OptionDescriptor>& options, const std::string& name) {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const OptionDescriptor& d) { return d.name == name; });
    return found == options.end() ? nullptr : &*found;
}

void check_levels(const Factor& factor, const std::vector<OptionDescriptor>& options, const std::string& name,
                  const FieldPath& field, std::vector<Problem>& problems) {
    const OptionDescriptor* option = find_option(options, name);
    if (option == nullptr) {
        std::vector<std::string> names;
        for (const OptionDescriptor& d : options)
            names.push_back(d.name);
        problems.push_back({field, {}, "there is no such option", did_you_mean(name, names)});
        return;
    }
    if (factor.levels.empty()) problems.push_back({field, {}, "a factor needs at least one level", {}});
    std::map<Json, std::size_t> times; // 1 and 1.0 are one level
    for (std::size_t i = 0; i < factor.levels.size(); ++i) {
        const Json& level = factor.levels[i];
        if (const std::string wrong = check_option(*option, level); !wrong.empty())
            problems.push_back({field / i, in_one_line(level.dump(), 200), wrong, {}});
        if (++times[level] == 2)
            problems.push_back({field, in_one_line(level.dump(), 200), "this level appears twice", {}});
    }
}

// An exclusion that leaves nothing out is a slip of the pen. @param hits how many arms each has met
void check_exclusions(const Study& study, const std::vector<std::size_t>& hits, std::vector<Problem>& problems) {
    for (std::size_t i = 0; i < study.exclude.size(); ++i) {
        if (hits[i] == 0)
            problems.push_back({FieldPath("exclude") / i / "match", study.exclude[i].match.dump(),
                                "no arm has these levels", "Use levels from \"vary\" and \"factors\""});
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

// Empty, or why the longest input that the task allows finds no position in the backbone. Texts are cut at max_tokens
// and nowhere else: arms that cut them differently could not be compared.
Problem room_problem(const BackboneConfig& config, const Task& task, const MethodCost& cost, std::int64_t limit,
                     bool in_words) {
    if (config.positions != PositionKind::learned) return {};
    const std::int64_t room = text_positions(config) - static_cast<std::int64_t>(cost.positions) -
                              (task.kind->written(in_words) && config.causal ? task.max_target_tokens + 1 : 0);
    const std::int64_t input = limit > 0 ? std::min(limit, task.max_tokens) : task.max_tokens;
    if (input <= room) return {};
    return {"training.max_tokens", std::to_string(input),
            "inputs of this length do not fit: of the backbone's " + std::to_string(text_positions(config)) +
                " positions " + std::to_string(std::max<std::int64_t>(0, room)) + " are left for them",
            "Set the training option max_tokens to " + std::to_string(std::max<std::int64_t>(1, room)) + " or less"};
}

std::vector<Problem> problems_of_answers(const Task& task, bool in_words) {
    return task.kind->asked(in_words) ? task.kind->problems_in_words(task) : std::vector<Problem>();
}

// What an arm's own method, backbone and task say against each other; each reason once a method.
void check_arms(Plan& plan) {
    std::set<std::string> said;
    const auto say = [&](const Arm& arm, const std::string& what, const std::string& remedy) {
        if (said.insert(arm.spec.method + what).second) plan.problems.push_back({"methods", arm.label, what, remedy});
    };
    for (const Arm& arm : plan.arms) {
        try {
            const BackboneConfig& config = plan.configs.at(arm.spec.backbone).get();
            const Task& task = plan.tasks.at(arm.spec.task).get();
            const MethodInfo& info = method_info(arm.spec.method);
            const bool in_words = answers_in_words(info, arm.spec.training_options);
            if (const std::string why = task_refusal(task, config, in_words); !why.empty()) {
                say(arm, why, "Choose another backbone");
                continue;
            }
            for (const Problem& problem : problems_of_answers(task, in_words)) {
                const std::string field = problem.field.text();
                if (said.insert(arm.spec.task + field).second)
                    plan.problems.push_back(
                        {"task", arm.spec.task, field + " = " + problem.value + ": " + problem.what, problem.remedy});
            }
            std::vector<Problem> ignored; // values are checked where they are given
            const auto options = OptionValues::from_json(info.options, arm.spec.method_options, {}, ignored);
            if (const std::string why = info.refusal(config, shape_of(task, config, in_words), options); !why.empty())
                say(arm, why, {});
            Problem room = room_problem(config, task, cost_of(info, config, options),
                                        arm.spec.training_options.value("max_tokens", std::int64_t(0)), in_words);
            if (!room.what.empty() && said.insert(room.what).second) plan.problems.push_back(std::move(room));
        } catch (const Error& error) {
            say(arm, error.details().what, error.details().remedy);
        }
    }
}

// Addresses that match nothing, at the fields where they are given.
void check_sites(const BackboneConfig& config, const MethodInfo& info, const StudyMethod& entry, const FieldPath& field,
                 std::vector<Problem>& problems) {
    const auto check = [&](const Json& value, const FieldPath& at) {
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
            check(entry.options.at(option.name), field / "options" / option.name);
        for (const Factor& factor : entry.vary) {
            for (const Json& level : factor.levels) {
                if (factor.address == option.name) check(level, field / "vary" / option.name);
            }
        }
    }
}

// A name that leads nowhere.
template <class T>
void check_found(const Found<T>& found, const char* field, std::vector<Problem>& problems) {
    if (!found.error) return;
    // What is wrong inside a file needs the file and its field; a name that nobody knows is the value itself.
    const ErrorDetails& d = found.error->details();
    problems.push_back(d.file.empty() ? Problem{field, found.name, d.what, d.remedy}
                                      : Problem{field, found.name, found.error->what(), {}});
}

// Seeds, threads, device and training: what needs no file.
void check_frame(const Study& study, std::vector<Problem>& problems) {
    if (study.title.empty()) problems.push_back({"title", {}, "is empty", "Give the study a title"});
    if (study.methods.empty()) problems.push_back({"methods", {}, "no methods are chosen", "Add a method"});
    if (study.seeds.empty())
        problems.push_back({"seeds", {}, "no seeds are given", "A useful interval needs at least three seeds"});
    if (std::set<std::uint64_t>(study.seeds.begin(), study.seeds.end()).size() != study.seeds.size())
        problems.push_back({"seeds", {}, "a seed appears twice", "Repeated seeds give the same run"});
    if (study.threads < 1 || study.threads > 1024)
        problems.push_back({"threads", std::to_string(study.threads), "must be a whole number from 1 to 1024", {}});
    if (!is_device_name(study.device))
        problems.push_back({"device", study.device, "must be cpu, cuda, cuda:N or auto", {}});
    OptionValues::from_json(training_options(), study.training, "training", problems);
}

// One entry of the methods and what it varies. @param config null when the backbone cannot be read
void check_method(const Study& study, std::size_t index, const BackboneConfig* config, std::vector<Problem>& problems) {
    const StudyMethod& entry = study.methods[index];
    const FieldPath field = FieldPath("methods") / index;
    const MethodInfo* info = find_method(entry.method);
    if (info == nullptr) {
        std::vector<std::string> ids;
        for (const MethodInfo& candidate : method_catalog())
            ids.push_back(candidate.id);
        problems.push_back(
            {field / "method", entry.method, "there is no such method", did_you_mean(entry.method, ids)});
        return;
    }
    OptionValues::from_json(info->options, entry.options, field / "options", problems);
    OptionValues::from_json(training_options(), entry.training, field / "training", problems);
    for (const Factor& factor : entry.vary) {
        const FieldPath at = field / "vary" / factor.address;
        const bool training = is_training_address(factor.address);
        check_levels(factor, training ? training_options() : info->options, option_name(factor.address), at, problems);
        if (training && varies(study.factors, factor.address))
            problems.push_back({at, {}, "the whole study already varies it", "Vary it in only one place"});
    }
    if (config != nullptr) check_sites(*config, *info, entry, field, problems);
}

void check_factors(const Study& study, std::vector<Problem>& problems) {
    for (const Factor& factor : study.factors) {
        const FieldPath field = FieldPath("factors") / factor.address;
        if (is_training_address(factor.address))
            check_levels(factor, training_options(), option_name(factor.address), field, problems);
        else if (factor.address != "backbone" && factor.address != "task")
            problems.push_back({field,
                                {},
                                "only backbone, task and training.<option> can vary for the whole study",
                                "Put options of a method in its own \"vary\""});
    }
}

// What arms say together.
void check_set_of_arms(Plan& plan, const std::vector<std::size_t>& hits) {
    std::vector<Problem>& problems = plan.problems;
    check_exclusions(plan.study, hits, problems);
    if (plan.arms.empty()) problems.push_back({"exclude", {}, "the exclusions leave no arms", {}});
    if (plan.runs() > max_runs)
        problems.push_back({"methods",
                            {},
                            std::to_string(plan.runs()) + " runs exceed the limit of " + std::to_string(max_runs),
                            "Use fewer levels or seeds"});
    check_arms(plan);
    std::set<std::string> labels;
    for (const Arm& arm : plan.arms) {
        if (!labels.insert(arm.label).second)
            problems.push_back({"methods", arm.label, "two arms are the same", "Vary an option or remove one of them"});
    }
    const std::string& baseline = plan.study.baseline;
    if (!baseline.empty() && labels.count(baseline) == 0)
        problems.push_back(
            {"baseline", baseline, "no arm has this label", did_you_mean(baseline, {labels.begin(), labels.end()})});
}

} // namespace

void check_study(Plan& plan, bool may_drop_baseline) {
    const Study& study = plan.study;
    std::vector<Problem>& problems = plan.problems;
    check_frame(study, problems);
    check_found(plan.backbone(), "backbone", problems);
    check_found(plan.task(), "task", problems);
    for (std::size_t i = 0; i < study.methods.size(); ++i)
        check_method(study, i, plan.backbone().value.get(), problems);
    check_factors(study, problems);
    // Counted before they are made: a few long lists multiply to more than fits into memory.
    const double combinations = combination_count(study);
    if (combinations > max_arms || combinations * static_cast<double>(study.seeds.size()) > max_combinations) {
        problems.push_back({"methods",
                            {},
                            "the levels multiply to " + format_count(std::llround(std::min(combinations, 1e15))) +
                                " arms, too many even with exclusions",
                            "Use fewer levels or seeds"});
        return;
    }
    std::vector<std::size_t> hits;
    plan.arms = expand(study, &hits);
    if (may_drop_baseline && !plan.has_arm(study.baseline)) plan.study.baseline.clear();
    if (problems.empty()) check_set_of_arms(plan, hits);
}

} // namespace diapason
