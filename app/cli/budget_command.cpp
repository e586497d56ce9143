// diapason-cli study budget: the sizes at which a study's methods cost the same.

#include "app/cli/command.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "experiments/study/equal_budget.h"

namespace diapason::cli {
namespace {

struct BudgetRequest {
    std::string file, sample, measure = "trained", target, out;
};

int show_budgets(const Context& context, const BudgetRequest& request) {
    if (request.file.empty() == request.sample.empty())
        throw config_error("study budget", {}, "give a study file or --sample NAME");
    PlanStart start;
    Study study = request.sample.empty() ? read_study(request.file, &start.problems) : sample_study(request.sample);
    PlanSources sources;
    const Plan plan = make_plan(study, sources, std::move(start));
    throw_if_any(plan.problems, request.file.empty() ? study.title : request.file);
    const Budget budget = budget_from(request.measure, request.target, plan.backbone().get());
    const std::vector<BudgetRow> rows = solve_budgets(plan, budget);
    apply_budgets(study, rows);
    if (!request.out.empty()) write_file_atomically(request.out, to_json(study).dump(2) + "\n");
    Json list = Json::array();
    const auto target = static_cast<std::int64_t>(budget.target);
    std::vector<std::vector<std::string>> table = {
        {"method", "size", budget.measure == BudgetMeasure::bytes ? "bytes" : "parameters", "off the target"}};
    for (const BudgetRow& row : rows) {
        const std::string& id = study.methods[row.method].method;
        if (!row.answer) {
            table.push_back({id, row.note, "", ""});
            list.push_back({{"method", id}, {"note", row.note}});
            continue;
        }
        const auto count = static_cast<std::int64_t>(budget.of(row.answer->counts));
        table.push_back({id, row.answer->option + " " + std::to_string(row.answer->value), format_count(count),
                         format_difference(100 * row.answer->mismatch, 1) + " %"});
        list.push_back({{"method", id},
                        {"option", row.answer->option},
                        {"value", row.answer->value},
                        {"count", count},
                        {"mismatch", row.answer->mismatch}});
    }
    if (context.json) {
        print_json({{"measure", request.measure}, {"target", target}, {"methods", list}});
    } else {
        print("Target: " + format_count(target) + " " + table.front()[2] + "\n");
        print_table(table);
    }
    return 0;
}

} // namespace

void add_study_budget(CLI::App& study, Context& context) {
    CLI::App* budget = study.add_subcommand("budget", "The rank, length or bottleneck of each method at one budget");
    auto request = std::make_shared<BudgetRequest>();
    budget->add_option("file", request->file, "Study file")->type_name("FILE");
    budget->add_option("--sample", request->sample, "A study that comes with Diapason")->type_name("NAME");
    budget
        ->add_option("--target", request->target,
                     "1% of the backbone, a number of parameters (300k), or of bytes (1.5 MiB)")
        ->required();
    budget->add_option("--measure", request->measure, "trained, stored or bytes")->capture_default_str();
    budget->add_option("--out", request->out, "Write the study with these sizes")->type_name("FILE");
    add_json_flag(*budget, context);
    budget->callback(
        [&context, request] { context.action = [&context, request] { return show_budgets(context, *request); }; });
}

} // namespace diapason::cli
