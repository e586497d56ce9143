// Hard prompts and in-context learning (Brown et al. 2020): the frozen language model is asked, with demonstrations.
#include "core/base/option_builders.h"
#include "methods/catalog/demonstration_options.h"
#include "methods/catalog/infos.h"

namespace diapason {

MethodInfo in_context_info() {
    MethodInfo info;
    info.id = "in_context";
    info.label = "In-context learning";
    info.paper = "Brown et al. 2020";
    info.formula = "argmax_c log p(words of c | demonstrations, question)";
    info.summary = "Trains nothing: asks the language model, with examples before the question.";
    info.colour_slot = 2;
    info.default_learning_rate = 0;
    info.asks = true;
    info.options = demonstration_options(4);

    const OptionDescriptor scoring =
        option::choice("scoring", "Score", "sum",
                       {{"sum", "Σ log p", "Of all tokens of a class's words."},
                        {"mean", "mean log p", "Per token: longer words are not at a disadvantage."}},
                       "How the words of a class are scored.", "Brown et al. 2020, §2.4: per token");
    info.options.push_back(scoring);

    const OptionDescriptor calibration =
        option::choice("calibration", "Calibration", "none",
                       {{"none", "none", ""},
                        {"content_free", "contextual",
                         "Divides by what the model answers to the same question about N/A, [MASK] and nothing."}},
                       "Whether the model's bias towards some classes is removed.", "Zhao et al. 2021, §5");
    info.options.push_back(calibration);

    info.presets = {{"zero_shot", "Zero-shot", {{"demonstrations", 0}}},
                    {"brown2020", "Few-shot", {{"demonstrations", 16}, {"choice", "random_each"}, {"scoring", "mean"}}},
                    {"zhao2021", "Calibrated", {{"demonstrations", 4}, {"calibration", "content_free"}}},
                    {"kate", "Retrieved", {{"demonstrations", 8}, {"choice", "similar"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return ParameterCounts{0, 0, 0, head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig&, const OptionValues& options) {
        return std::vector<DeltaDrawing>{
            {"", "embedding", DeltaGlyph::prompt, std::to_string(options.integer("demonstrations")) + " examples"}};
    };
    info.refusal = [](const BackboneConfig&, const TaskShape& task, const OptionValues& options) {
        if (!task.head.ends_with("_lm")) return std::string("only a language model can be asked");
        if (task.classes == 0 && options.text("calibration") != "none")
            return std::string("calibration needs classes, but this task has none");
        if (task.classes == 0 && !options.text("question").empty())
            return std::string("a custom question asks for classes; a generation task uses its templates");
        return std::string();
    };
    info.asking = [](const OptionValues& options) {
        AskingOptions asking = demonstrations_of(options);
        asking.by_length = options.text("scoring") == "mean";
        asking.calibrated = options.text("calibration") == "content_free";
        return asking;
    };
    info.cost = [](const BackboneConfig&, const OptionValues& options) {
        return MethodCost{demonstration_cost(options), 1, 0};
    };
    info.traps = {"Nothing is trained: seeds differ only in the demonstrations drawn.",
                  "Demonstrations that do not fit are dropped, and the run reports it."};
    return info;
}

} // namespace diapason
