#include "experiments/study/equal_budget.h"

#include <algorithm>

namespace diapason {

std::vector<BudgetRow> solve_budgets(const Plan& plan, const Budget& budget) {
    const Study& study = plan.study;
    const BackboneConfig& config = plan.backbone().get();
    const Task& task = plan.task().get();
    std::vector<BudgetRow> rows;
    for (std::size_t i = 0; i < study.methods.size(); ++i) {
        const StudyMethod& entry = study.methods[i];
        const MethodInfo& info = method_info(entry.method);
        std::vector<Problem> problems;
        const OptionValues options =
            OptionValues::from_json(info.options, entry.options, FieldPath("methods") / i / "options", problems);
        throw_if_any(problems, study.title);
        Json training = study.training;
        training.update(entry.training);
        const TaskShape shape = shape_of(task, config, answers_in_words(info, training));
        BudgetRow row{i, {}, {}};
        const bool varied = std::any_of(entry.vary.begin(), entry.vary.end(),
                                        [&](const Factor& factor) { return factor.address == info.size_option; });
        if (info.size_option.empty())
            row.note = "has no size option";
        else if (varied)
            row.note = "the study varies its " + info.size_option;
        else if (row.answer = solve_budget(info, config, shape, options, budget); !row.answer)
            row.note = "no valid " + info.size_option + " on this backbone";
        rows.push_back(std::move(row));
    }
    return rows;
}

void apply_budgets(Study& study, const std::vector<BudgetRow>& rows) {
    for (const BudgetRow& row : rows) {
        if (row.answer) study.methods.at(row.method).options[row.answer->option] = row.answer->value;
    }
}

} // namespace diapason
