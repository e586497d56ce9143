// Head only (linear probing): the backbone stays as it is, the task head is trained on its output.
#include "methods/catalog/infos.h"

namespace diapason {

MethodInfo head_only_info() {
    MethodInfo info;
    info.id = "head_only";
    info.label = "Head only";
    info.paper = "lightweight tuning";
    info.formula = "logits = head(h), h frozen";
    info.summary = "Trains only the task head on the frozen backbone's output.";
    info.colour_slot = 2;
    info.default_learning_rate = 3e-3;
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return ParameterCounts{0, 0, 0, head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig&, const OptionValues&) {
        return std::vector<DeltaDrawing>{{"", "head", DeltaGlyph::head, "head"}};
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return head_parameter_count(config, task) == 0
                   ? std::string(
                         "a language-model head belongs to the pretrained backbone, so nothing would be trained")
                   : std::string();
    };
    info.cost = [](const BackboneConfig&, const OptionValues&) { return MethodCost{0, 1, 0}; };
    return info;
}

} // namespace diapason
