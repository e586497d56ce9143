#include "experiments/study/plan.h"

#include "core/data/task_document.h"
#include "experiments/study/cost.h"
#include "experiments/study/study_check.h"

#include <algorithm>

namespace diapason {
namespace {

// Looks names up, each once, and writes them as specifications of runs say them.
class Names {
public:
    Names(Plan& plan, PlanSources& sources, const Json& tasks) : m_plan(plan), m_sources(sources), m_tasks(tasks) {}

    std::string backbone(const std::string& name) {
        return known(m_backbones, m_plan.configs, name, [&] { return m_sources.backbone(name); });
    }
    std::string task(const std::string& name) {
        return known(m_names, m_plan.tasks, name,
                     [&] { return m_tasks.contains(name) ? stored(name) : m_sources.task(name); });
    }

private:
    template <class T, class Look>
    static std::string known(std::map<std::string, std::string>& names, std::map<std::string, Found<T>>& found,
                             const std::string& name, const Look& look) {
        const auto before = names.find(name);
        if (before != names.end()) return before->second;
        Found<T> now = look();
        names[name] = now.name;
        return found.emplace(now.name, std::move(now)).first->first;
    }

    Found<Task> stored(const std::string& name) const {
        try {
            return {name, std::make_shared<const Task>(stored_task(m_tasks.at(name), "task " + name)), {}};
        } catch (const Error& error) {
            return {name, nullptr, error};
        }
    }

    Plan& m_plan;
    PlanSources& m_sources;
    const Json& m_tasks;
    std::map<std::string, std::string> m_backbones, m_names; // as given → as specifications say them
};

// Every name that a study gives to a backbone or task.
void look_up(Study& study, Names& names) {
    study.backbone = names.backbone(study.backbone);
    study.task = names.task(study.task);
    const auto replace = [&](const std::string& address, Json& level) {
        if (!level.is_string()) return;
        if (address == "backbone") level = names.backbone(level.get<std::string>());
        if (address == "task") level = names.task(level.get<std::string>());
    };
    for (Factor& factor : study.factors) {
        for (Json& level : factor.levels)
            replace(factor.address, level);
    }
    for (Exclusion& exclusion : study.exclude) {
        for (auto level = exclusion.match.begin(); level != exclusion.match.end(); ++level)
            replace(level.key(), level.value());
    }
}

ArmFacts facts_of(const Arm& arm, const Plan& plan) {
    ArmFacts facts;
    try {
        const BackboneConfig& config = plan.configs.at(arm.spec.backbone).get();
        const Task& task = plan.tasks.at(arm.spec.task).get();
        const MethodInfo& info = method_info(arm.spec.method);
        std::vector<Problem> ignored; // values are checked where they are given
        const auto options = OptionValues::from_json(info.options, arm.spec.method_options, {}, ignored);
        facts.counts =
            info.count(config, shape_of(task, config, answers_in_words(info, arm.spec.training_options)), options);
        facts.backbone = config.parameter_count();
        facts.operations = run_operations(arm.spec, config, task);
    } catch (const Error& error) {
        facts.problem = error.what();
    }
    return facts;
}

} // namespace

double Plan::operations() const {
    double sum = 0;
    for (const ArmFacts& arm : facts)
        sum += arm.operations * static_cast<double>(study.seeds.size());
    return sum;
}

bool Plan::has_arm(const std::string& label) const {
    return std::any_of(arms.begin(), arms.end(), [&](const Arm& arm) { return arm.label == label; });
}

void Plan::require_sound(const std::string& origin) const {
    ErrorKind kind = ErrorKind::config;
    const auto look = [&](const auto& named) {
        for (const auto& [name, found] : named)
            if (kind == ErrorKind::config && found.error) kind = found.error->kind();
    };
    look(configs);
    look(tasks);
    try {
        throw_if_any(problems, origin);
    } catch (const Error& error) {
        throw Error(kind, error.details());
    }
}

Json Plan::task_definition(const std::string& name) const {
    const auto found = tasks.find(name);
    return found == tasks.end() || found->second.value == nullptr ? Json() : to_json(*found->second.value);
}

Plan make_plan(const Study& study, PlanSources& sources, PlanStart start) {
    sources.count_plan();
    Plan plan;
    plan.study = study;
    Names names(plan, sources, start.tasks);
    look_up(plan.study, names);
    plan.entry_labels = entry_labels(plan.study);
    check_study(plan, start.may_drop_baseline);
    plan.problems.insert(plan.problems.begin(), start.problems.begin(), start.problems.end());
    for (const Arm& arm : plan.arms)
        plan.facts.push_back(facts_of(arm, plan));
    return plan;
}

Plan plan_of_document(const Json& document, const std::string& origin, PlanSources& sources) {
    PlanStart start;
    const Study study = study_from_json(document, origin, &start.problems);
    Plan plan = make_plan(study, sources, std::move(start));
    plan.require_sound(origin);
    return plan;
}

Plan plan_of_stored(const StudyRecord& study, PlanSources& sources) {
    const std::string origin = "study " + std::to_string(study.id);
    PlanStart start;
    const Study design = study_from_json(study.document, origin, &start.problems);
    if (study.tasks.is_object()) start.tasks = study.tasks;
    Plan plan = make_plan(design, sources, std::move(start));
    plan.require_sound(origin);
    return plan;
}

} // namespace diapason
