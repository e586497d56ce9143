#include "experiments/run/study_rows.h"

#include "core/store/store.h"

namespace diapason {

NewStudy rows_of(const Plan& plan, const std::map<std::string, Json>& tasks) {
    const Study& study = plan.study;
    NewStudy rows;
    rows.study.uuid = new_uuid();
    rows.study.title = study.title;
    rows.study.document = to_json(study);
    for (const auto& [name, definition] : tasks)
        rows.study.tasks[name] = definition;
    for (const Factor& factor : study.factors)
        rows.factors.push_back({factor.address, factor.levels});
    for (const StudyMethod& method : study.methods) {
        for (const Factor& factor : method.vary)
            rows.factors.push_back({method.method + "." + factor.address, factor.levels});
    }
    for (const Arm& arm : plan.arms)
        rows.arms.push_back({0, 0, 0, arm.label, arm.spec.method, arm.levels, arm.colour_slot});
    // Seeds outermost: after the first round every arm has a result to look at.
    for (const std::uint64_t seed : study.seeds) {
        for (std::size_t i = 0; i < plan.arms.size(); ++i) {
            RunSpec spec = plan.arms[i].spec;
            spec.seed = seed;
            RunRecord run;
            run.uuid = new_uuid();
            run.arm = static_cast<RowId>(i);
            run.seed = seed;
            run.spec = to_json(spec);
            run.fingerprint = fingerprint(spec);
            run.operations = plan.facts[i].operations;
            rows.runs.push_back(std::move(run));
        }
    }
    return rows;
}

} // namespace diapason
