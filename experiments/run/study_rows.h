// A plan as the rows that its study begins with.
#pragma once

#include "core/store/records.h"
#include "experiments/study/plan.h"

#include <map>
#include <string>

namespace diapason {

/// @param tasks definitions by their names in the plan's specifications
NewStudy rows_of(const Plan& plan, const std::map<std::string, Json>& tasks);

} // namespace diapason
