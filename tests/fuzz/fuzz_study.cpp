// Any bytes as a study file: all problems in one message, or a plan whose study can be written and read again.

#include "core/base/error.h"
#include "core/base/paths.h"
#include "experiments/study/plan.h"
#include "tests/fuzz/memory_folder.h"

#include <cstdint>

namespace {

// Arms are what takes time; how many there may be is no parser's business.
bool few_arms(const diapason::Study& study) {
    double count = static_cast<double>(study.methods.size());
    for (const auto& factor : study.factors)
        count *= static_cast<double>(factor.levels.size());
    for (const auto& method : study.methods) {
        for (const auto& factor : method.vary)
            count *= static_cast<double>(factor.levels.size());
    }
    return count <= 100;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    static const fuzzing::MemoryFolder home;
    static PlanSources sources;
    set_home_folder(home.path());
    try {
        const Json document = parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
        PlanStart start;
        const Study study = study_from_json(document, "fuzz", &start.problems);
        const bool good_form = start.problems.empty();
        if (!few_arms(study)) return 0;
        const Plan plan = make_plan(study, sources, std::move(start));
        if (plan.facts.size() != plan.arms.size()) __builtin_trap();
        if (good_form && to_json(study_from_json(to_json(study), "again")) != to_json(study)) __builtin_trap();
    } catch (const Error&) {
    }
    return 0;
}
