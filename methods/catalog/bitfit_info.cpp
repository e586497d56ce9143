// BitFit (Ben Zaken et al. 2022): only the biases of the backbone are trained.
#include "methods/catalog/infos.h"
#include "methods/catalog/partial_plan.h"

namespace diapason {

MethodInfo bitfit_info() {
    MethodInfo info;
    info.id = "bitfit";
    info.label = "BitFit";
    info.paper = "Ben Zaken et al. 2022";
    info.formula = "b ← b − η ∇b, for every bias b";
    info.summary =
        "Trains the biases of the backbone only; those of keys get no gradient, since the softmax ignores them.";
    info.colour_slot = 8;
    info.default_learning_rate = 3e-3;
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return counts_of(bias_tensors(config, task), config, task);
    };
    info.drawing = [](const BackboneConfig&, const OptionValues&) {
        return std::vector<DeltaDrawing>{{"", "all", DeltaGlyph::biases, "biases"}};
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return bias_tensors(config, task).empty()
                   ? "backbones like this one (" + config.family + ") have no biases to train"
                   : std::string();
    };
    info.traps = {"Biases of keys get no gradient, since the softmax ignores what all keys share: they are not counted "
                  "as evidence of training.",
                  "Backbones without biases (Llama, T5) are refused: nothing would be trained."};
    return info;
}

} // namespace diapason
