#include "experiments/engine/resolved_run.h"

#include "core/base/error.h"
#include "core/base/training_options.h"
#include "core/data/task_document.h"
#include "core/library/library.h"

#include <algorithm>

namespace diapason {

namespace {

SampleRule sample_rule(const OptionValues& training) {
    const std::string& order = training.text("sample");
    return {order == "random"     ? SampleRule::Order::random
            : order == "balanced" ? SampleRule::Order::balanced
                                  : SampleRule::Order::file,
            training.integer("sample_seed")};
}

} // namespace

ResolvedRun resolve_run(const RunSpec& spec, const Json& task, const std::string& origin) {
    ResolvedRun run;
    run.spec = spec;
    std::vector<Problem> problems;
    run.training = OptionValues::from_json(training_options(), spec.training_options, "training", problems);
    throw_if_any(problems, origin);
    run.method = &method_info(spec.method);
    run.options = checked_options(*run.method, spec.method_options, origin);
    run.asking = asking_options(*run.method, run.options);
    run.in_words = answers_in_words(*run.method, run.training.json());
    run.backbone = resolve_backbone(spec.backbone);
    run.config = read_backbone_config(run.backbone);
    run.task = task.is_null() ? load_task(spec.task) : stored_task(task, "task " + spec.task);
    run.definition = task.is_null() ? to_json(run.task) : task;
    if (const std::string why = task_refusal(run.task, run.config, run.in_words); !why.empty())
        throw config_error("task", spec.task, why, "Choose another backbone");
    if (const std::int64_t limit = run.training.integer("max_tokens"); limit > 0)
        run.task.max_tokens = std::min(limit, run.task.max_tokens);
    run.task.sample = sample_rule(run.training);
    run.shape = shape_of(run.task, run.config, run.in_words);
    if (const std::string why = run.method->refusal(run.config, run.shape, run.options); !why.empty())
        throw config_error("method", spec.method, why);
    return run;
}

} // namespace diapason
