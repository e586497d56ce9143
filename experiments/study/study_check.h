// What is wrong with a study. For make_plan alone: everybody else asks the plan.
#pragma once

#include "experiments/study/plan.h"

namespace diapason {

/// Expands the study of a plan whose names are looked up, and appends all its problems.
void check_study(Plan& plan, bool may_drop_baseline);

} // namespace diapason
