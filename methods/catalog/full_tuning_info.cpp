// Full tuning: every weight of the backbone is trained. The reference that all others are compared with.
#include "methods/catalog/infos.h"

namespace diapason {

MethodInfo full_tuning_info() {
    MethodInfo info;
    info.id = "full_tuning";
    info.label = "Full tuning";
    info.paper = "Devlin et al. 2019";
    info.formula = "W ← W − η ∇W, for every weight W";
    info.summary = "Trains every weight of the backbone and stores a whole copy of it.";
    info.colour_slot = 1;
    info.default_learning_rate = 5e-4;
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        const std::int64_t all = pretrained_parameter_count(config, task);
        return ParameterCounts{all, all, 32 * all, head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig&, const OptionValues&) {
        return std::vector<DeltaDrawing>{{"", "all", DeltaGlyph::weights, "all weights"}};
    };
    info.refusal = [](const BackboneConfig&, const TaskShape&, const OptionValues&) { return std::string(); };
    info.traps = {"A language-model head that is tied to the embedding is trained once, as one tensor, with the sum of "
                  "both gradients."};
    return info;
}

} // namespace diapason
