#include "experiments/study/cost.h"

#include "methods/catalog/method_info.h"

#include <algorithm>

namespace diapason {
namespace {

// What a core of a current desktop processor keeps up in single precision at these sizes, operations per second.
constexpr double typical_speed = 6e10;
constexpr int recent_runs = 60; // enough to know the speed; older ones may come from other builds

constexpr double many_items = 1000; // of a split whose file has not been opened

double integer(const RunSpec& spec, const char* name) {
    return spec.training_options.value(name, 0.0);
}

} // namespace

double run_operations(const RunSpec& spec, const BackboneConfig& config, const Task& task) {
    const double weights =
        static_cast<double>(config.parameter_count() - config.vocabulary * config.width); // the embedding is a look-up
    const double input =
        integer(spec, "max_tokens") > 0 ? integer(spec, "max_tokens") : static_cast<double>(task.max_tokens);
    const MethodInfo& info = method_info(spec.method);
    const OptionValues options = checked_options(info, spec.method_options, "run");
    const bool in_words = answers_in_words(info, spec.training_options);
    const TaskShape shape = shape_of(task, config, in_words);
    const ParameterCounts counts = info.count(config, shape, options);
    const MethodCost cost = cost_of(info, config, options);
    const bool generation = task.kind->written(in_words);
    const double length =
        cost.members * (input + cost.extra_tokens + (generation ? static_cast<double>(task.max_target_tokens) : 0));
    const double head = generation ? static_cast<double>(config.vocabulary * config.width) : 0;
    const double forward = 2 * (weights + head) * length;

    const double steps = counts.trained + counts.head == 0 ? 0 : integer(spec, "steps");
    const double trained_examples = steps * integer(spec, "batch_size") * std::max(1.0, integer(spec, "accumulation"));
    // Gradients of activations as deep as something is trained, and of the weights that are; of deltas a fifth is
    // taken, for what is computed beside every map.
    const double share = static_cast<double>(counts.trained) / static_cast<double>(config.parameter_count());
    const double backward = cost.depth + std::clamp(share, 0.2 * cost.depth, 1.0);
    const double every = integer(spec, "evaluate_every");
    const double validations = (every > 0 ? steps / every : 0) + 1;
    const auto items = [&](const char* limit) { return integer(spec, limit) > 0 ? integer(spec, limit) : many_items; };
    const double validated = items("max_evaluation_items"), tested = items("max_test_items");
    const double splits = static_cast<double>(task.data.size()) - 2; // test, and out of domain where there is one
    // Decoding goes over the text once a token, and only at the end.
    const double decoding =
        generation ? static_cast<double>(task.max_target_tokens) * (validated + tested * splits) : 0;
    return forward * (trained_examples * (1 + backward) + validated * validations + tested * splits + decoding);
}

CostEstimate study_cost(const Plan& plan, const StoreReader* reader) {
    const MeasuredSpeed done = reader != nullptr ? reader->measured_speed(recent_runs) : MeasuredSpeed();
    const bool measured = done.seconds > 1;
    return {plan.operations() / (measured ? done.operations / done.seconds : typical_speed), measured};
}

} // namespace diapason
