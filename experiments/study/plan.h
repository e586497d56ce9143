// A study read and checked once: what everybody who works with it asks, instead of its files.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/data/task.h"
#include "core/store/records.h"
#include "experiments/study/plan_sources.h"
#include "experiments/study/study.h"
#include "methods/catalog/method_info.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// What an arm's backbone, task and method say of it, by closed formulas.
struct ArmFacts {
    std::string problem; ///< why nothing is known; empty = the rest is
    ParameterCounts counts;
    std::int64_t backbone = 0; ///< parameters of its backbone
    double operations = 0;     ///< of one of its runs (run_operations)
};

/// Never changes once it is made; may be shared by threads.
struct Plan {
    Study study;                           ///< with paths of backbones and tasks that are good in any folder
    std::vector<Arm> arms;                 ///< without those that are excluded; none when their number is absurd
    std::vector<ArmFacts> facts;           ///< parallel to arms
    std::vector<std::string> entry_labels; ///< parallel to Study::methods
    std::map<std::string, Found<BackboneConfig>> configs; ///< by the names in study and specifications
    std::map<std::string, Found<Task>> tasks;             ///< likewise
    std::vector<Problem> problems;                        ///< empty = it can start

    std::size_t runs() const { return arms.size() * study.seeds.size(); }
    /// @throws Error that lists all problems; of the kind of a file that cannot be used, if there is one, else config
    void require_sound(const std::string& origin) const;
    double operations() const; ///< of all runs
    const Found<BackboneConfig>& backbone() const { return configs.at(study.backbone); }
    const Found<Task>& task() const { return tasks.at(study.task); }
    bool has_arm(const std::string& label) const;
    /// Definition of a task of this plan (core/data/task_document.h); null when it is not one.
    Json task_definition(const std::string& name) const;
};

/// What is known before a plan is made.
struct PlanStart {
    std::vector<Problem> problems;  ///< of the document's form
    Json tasks = Json::object();    ///< definitions that stand in for files: name → definition
    bool may_drop_baseline = false; ///< one that no arm has gives way to the first arm instead of being a problem
};

/// The one place where a study is expanded and checked. Reads what has changed since the sources were last asked; any
/// thread. @param sources remembers what files say
Plan make_plan(const Study& study, PlanSources& sources, PlanStart start = {});

/// Of a study document, with problems of its form and of its meaning together. @throws Error(config) that lists them
Plan plan_of_document(const Json& document, const std::string& origin, PlanSources& sources);

/// Of a stored study with its tasks as they were. @throws Error(config) when it cannot go on
Plan plan_of_stored(const StudyRecord& study, PlanSources& sources);

} // namespace diapason
