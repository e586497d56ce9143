// A study's methods at one budget.
#pragma once

#include "experiments/study/plan.h"
#include "methods/catalog/budget.h"

#include <optional>
#include <string>
#include <vector>

namespace diapason {

struct BudgetRow {
    std::size_t method = 0; ///< index in Study::methods
    std::optional<BudgetAnswer> answer;
    std::string note; ///< why there is no answer: no size, or the study varies it
};

/// What each method's size would have to be; nothing is changed. @throws Error when backbone, task or options cannot be
/// read
std::vector<BudgetRow> solve_budgets(const Plan& plan, const Budget& budget);

/// Takes the answers over into the study.
void apply_budgets(Study& study, const std::vector<BudgetRow>& rows);

} // namespace diapason
