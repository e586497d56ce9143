#include "core/base/option_builders.h"
#include "methods/in_context.h"

namespace diapason {

std::vector<OptionDescriptor> demonstration_options(std::int64_t count) {
    const OptionDescriptor demonstrations = option::in_units(
        option::integer("demonstrations", "Demonstrations", count, 0, 1000,
                        "Training examples with their answers in front of a question; where positions end, the "
                        "farthest give way.",
                        "Brown et al. 2020, §2: zero, one, few (10 to 100)"),
        "examples");

    const OptionDescriptor choice =
        option::choice("choice", "Chosen", "random",
                       {{"random", "at random, once", "Drawn by the run's seed, the same for all questions."},
                        {"random_each", "at random, for each question", ""},
                        {"first", "the first ones", "Of the training split, in its order."},
                        {"similar", "the most similar ones",
                         "By the cosine of mean hidden states of the frozen backbone; the nearest stands last."}},
                       "Which training examples are demonstrations; never the question itself.",
                       "once: Zhao et al. 2021; for each: Brown et al. 2020, §2.4; similar: Liu et al. 2022 (KATE), "
                       "Sun et al. 2023");

    const OptionDescriptor room = option::advanced(option::in_units(
        option::integer("demonstration_tokens", "Longest demonstration", 48, 1, 65536,
                        "A demonstration's question is cut to this many tokens; its answer stays whole."),
        "tokens"));

    const OptionDescriptor question = option::text(
        "question", "Question", "",
        "Template in place of the task's own: {text}, {pair} and behind them {answer}; empty = the task's.",
        "Schick & Schütze 2021 (patterns and verbalizers)");
    return {demonstrations, choice, room, question};
}

MethodInfo in_context_info() {
    MethodInfo info;
    info.id = "in_context";
    info.label = "In-context learning";
    info.paper = "Brown et al. 2020";
    info.formula = "argmax_c log p(words of c | demonstrations, question)";
    info.summary = "Trains nothing: the language model is asked, with examples in front of the question.";
    info.colour_slot = 2;
    info.asks = true;
    info.options = demonstration_options(4);

    const OptionDescriptor scoring =
        option::choice("scoring", "Score", "sum",
                       {{"sum", "Σ log p", "Of all tokens of a class's words."},
                        {"mean", "mean log p", "Per token: longer words are no disadvantage."}},
                       "How the words of a class are scored.", "Brown et al. 2020, §2.4: per token");
    info.options.push_back(scoring);

    const OptionDescriptor calibration =
        option::choice("calibration", "Calibration", "none",
                       {{"none", "none", ""},
                        {"content_free", "contextual",
                         "Divides by what the model answers to the same question about N/A, [MASK] and nothing."}},
                       "Whether the model's bias towards some classes is taken out.", "Zhao et al. 2021, §5");
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
            return std::string("calibration is of classes, and this task has none");
        if (task.classes == 0 && !options.text("question").empty())
            return std::string("a question of its own asks for classes; a generation task has its templates");
        return std::string();
    };
    info.traps = {"Nothing is trained: differences between seeds are those of the drawn demonstrations.",
                  "Demonstrations that do not fit are dropped, and the run says so."};
    return info;
}

} // namespace diapason
