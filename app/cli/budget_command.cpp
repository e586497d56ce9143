// diapason-cli study budget: the sizes at which a study's methods cost the same.

#include "app/cli/listing.h"
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
    plan.require_sound(request.file.empty() ? study.title : request.file);
    const Budget budget = budget_from(request.measure, request.target, plan.backbone().get());
    const std::vector<BudgetRow> rows = solve_budgets(plan, budget);
    apply_budgets(study, rows);
    if (!request.out.empty()) write_output(context, request.out, to_json(study).dump(2) + "\n");
    const bool in_bytes = budget.measure == BudgetMeasure::bytes;
    const auto target = static_cast<std::int64_t>(budget.target);
    const auto count = [&](const BudgetRow& row) { return static_cast<std::int64_t>(budget.of(row.answer->counts)); };
    const auto answered = [](auto value) {
        return [value](const BudgetRow& row) { return row.answer ? Json(value(row)) : Json(); };
    };
    const std::vector<Column<BudgetRow>> columns = {
        {"method", "method", [&](const BudgetRow& row) { return study.methods[row.method].method; }},
        {nullptr, "note", [](const BudgetRow& row) { return row.answer ? Json() : Json(row.note); }},
        {nullptr, "option", answered([](const BudgetRow& row) { return row.answer->option; })},
        {nullptr, "value", answered([](const BudgetRow& row) { return row.answer->value; })},
        {"size",
         nullptr,
         {},
         [](const BudgetRow& row) {
             return row.answer ? row.answer->option + " " + std::to_string(row.answer->value) : row.note;
         }},
        {in_bytes ? "bytes" : "parameters", "count", answered(count),
         [&](const BudgetRow& row) { return row.answer ? format_count(count(row)) : ""; }},
        {"off by", "mismatch", answered([](const BudgetRow& row) { return row.answer->mismatch; }),
         [](const BudgetRow& row) {
             return row.answer ? format_difference(100 * row.answer->mismatch, 1) + " %" : "";
         }}};
    if (context.json) {
        print_json({{"measure", request.measure}, {"target", target}, {"methods", json_list(rows, columns)}});
    } else {
        print("Target: " + format_count(target) + (in_bytes ? " bytes\n" : " parameters\n"));
        print_table(table_rows(rows, columns));
    }
    return 0;
}

} // namespace

void add_study_budget(CLI::App& study, Context& context) {
    CLI::App* budget =
        study.add_subcommand("budget", "Find the rank, length or bottleneck of each method for one budget");
    auto request = std::make_shared<BudgetRequest>();
    budget->add_option("file", request->file, "Study file")->type_name("FILE");
    budget->add_option("--sample", request->sample, "A study that comes with Diapason")->type_name("NAME");
    budget
        ->add_option("--target", request->target,
                     "A share of the backbone (1%), a number of parameters (300k) or a size (1.5 MiB)")
        ->required();
    budget->add_option("--measure", request->measure, "trained, stored or bytes")->capture_default_str();
    budget->add_option("--out", request->out, "Write the study with these sizes to this file")->type_name("FILE");
    add_json_flag(*budget, context);
    budget->callback(
        [&context, request] { context.action = [&context, request] { return show_budgets(context, *request); }; });
}

} // namespace diapason::cli
