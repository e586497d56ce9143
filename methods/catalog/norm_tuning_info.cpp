// Norm tuning: only the gains and biases of the backbone's norms are trained.
#include "methods/catalog/infos.h"
#include "methods/catalog/partial_plan.h"

namespace diapason {

MethodInfo norm_tuning_info() {
    MethodInfo info;
    info.id = "norm_tuning";
    info.label = "Norm tuning";
    info.paper = "Qi et al. 2022";
    info.formula = "γ, β trained in γ ⊙ norm(x) + β";
    info.summary = "Trains the gains and biases of the backbone's norms only.";
    info.colour_slot = 2;
    info.default_learning_rate = 3e-3;
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return counts_of(norm_tensors(config, task), config, task);
    };
    info.drawing = [](const BackboneConfig&, const OptionValues&) {
        return std::vector<DeltaDrawing>{{"", "all", DeltaGlyph::norms, "norms"}};
    };
    info.refusal = [](const BackboneConfig&, const TaskShape&, const OptionValues&) { return std::string(); };
    info.traps = {"RMS norms have a gain only; layer norms have a gain and a bias."};
    return info;
}

} // namespace diapason
