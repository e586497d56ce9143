// Plans as tests make them.
#pragma once

#include "experiments/study/plan.h"

namespace diapason::testing {

/// With whatever problems it has.
inline Plan planned(const Study& study) {
    PlanSources sources;
    return make_plan(study, sources);
}

/// @throws Error with all problems of form and meaning
inline Plan planned(const Json& document) {
    PlanSources sources;
    return plan_of_document(document, "x", sources);
}

} // namespace diapason::testing
