// What frozen states save: runs of the embedded encoder over three epochs with and without them, in turn, since a
// machine is rarely idle. Medians of the ratios; the time of a step leaves out evaluation and what fills the store.

#include "core/base/training_options.h"
#include "experiments/engine/runner.h"
#include "methods/catalog/method_info.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "benchmarks/engine/median.h"

using namespace diapason;

namespace {

RunSpec spec_of(const std::string& method, const Json& options) {
    std::vector<Problem> problems;
    RunSpec spec;
    spec.backbone = "encoder-mini";
    spec.task = "section";
    spec.method = method;
    spec.method_options = OptionValues::from_json(method_info(method).options, options, method, problems).json();
    const Json training = {{"steps", 75},
                           {"batch_size", 16},
                           {"max_train_items", 400},
                           {"evaluate_every", 25},
                           {"max_evaluation_items", 200},
                           {"max_test_items", 200}};
    spec.training_options = OptionValues::from_json(training_options(), training, "training", problems).json();
    throw_if_any(problems, "bench");
    return spec;
}

struct Times {
    double step = 0, run = 0; ///< seconds
};

Times times_of(const RunSpec& spec, FrozenStore* store) {
    Times times;
    RunControl control;
    execute_run(
        spec, {},
        [&](const RunEvent& event) {
            const auto* change = std::get_if<StateChanged>(&event);
            if (change == nullptr || change->state != RunState::finished) return;
            times = {change->summary["step_seconds"].get<double>(), change->summary["seconds"].get<double>()};
        },
        control, store);
    return times;
}

} // namespace

int main(int argc, char** argv) {
    const int repeats = argc > 1 ? std::stoi(argv[1]) : 5;
    std::printf("encoder-mini, section, batch 16, 3 epochs of 400, 1 thread, median of %d pairs (lowest to highest)\n",
                repeats);
    const std::vector<std::pair<std::string, Json>> arms = {
        {"last_layers", {{"layers", 1}}}, {"last_layers", {{"layers", 2}}}, {"head_only", Json::object()}};
    for (const auto& [method, options] : arms) {
        const RunSpec spec = spec_of(method, options);
        times_of(spec, nullptr); // reads and tokenises the task
        std::vector<double> plain, steps, first, again;
        for (int i = 0; i < repeats; ++i) {
            FrozenStore store;
            const Times without = times_of(spec, nullptr), filling = times_of(spec, &store),
                        found = times_of(spec, &store);
            plain.push_back(1e3 * without.step);
            steps.push_back(without.step / filling.step);
            first.push_back(without.run / filling.run);
            again.push_back(without.run / found.run);
        }
        const auto line = [](const char* what, const std::vector<double>& ratios) {
            std::printf("  %s %.2f (%.2f-%.2f)", what, median(ratios), *std::min_element(ratios.begin(), ratios.end()),
                        *std::max_element(ratios.begin(), ratios.end()));
        };
        std::printf("%-11s %-14s %6.1f ms a step without; times faster:", method.c_str(), options.dump().c_str(),
                    median(plain));
        line("step", steps);
        line("run that fills", first);
        line("run that finds", again);
        std::printf("\n");
    }
}
