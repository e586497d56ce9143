// Partial tuning: the last k layers are trained as in full tuning, everything below stays as it is.
#include "core/base/option_builders.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/partial_plan.h"

namespace diapason {

MethodInfo last_layers_info() {
    MethodInfo info;
    info.id = "last_layers";
    info.label = "Last layers";
    info.paper = "lightweight tuning";
    info.formula = "W ← W − η ∇W, for the weights of the last k layers";
    info.summary = "Trains the upper layers as full tuning does; the lower ones stay frozen.";
    info.colour_slot = 1;
    info.default_learning_rate = 5e-4;
    info.size_option = "layers";

    info.options = {option::integer(
        "layers", "Layers k", 2, 1, 1000,
        "Number of layers, counted from the top of the stack that the head reads (an encoder-decoder's decoder).",
        "Li & Liang 2021, §5.2: FT-TOP2")};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        return counts_of(last_layer_tensors(config, options.integer("layers")), config, task);
    };
    info.drawing = [](const BackboneConfig&, const OptionValues& options) {
        return std::vector<DeltaDrawing>{
            {"", "all", DeltaGlyph::weights, "last " + std::to_string(options.integer("layers")) + " layers"}};
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        const std::int64_t there = config.stacks().back().layers;
        return options.integer("layers") <= there
                   ? std::string()
                   : "the backbone has only " + std::to_string(there) + " layers in this stack";
    };
    info.cost = [](const BackboneConfig& config, const OptionValues& options) {
        std::int64_t all = 0;
        for (const StackShape& stack : config.stacks())
            all += stack.layers;
        return MethodCost{0, 1, static_cast<double>(options.integer("layers")) / static_cast<double>(all)};
    };
    return info;
}

} // namespace diapason
