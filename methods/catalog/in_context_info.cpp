#include "methods/in_context.h"

namespace diapason {

std::vector<OptionDescriptor> demonstration_options(std::int64_t count) {
    OptionDescriptor demonstrations;
    demonstrations.name = "demonstrations";
    demonstrations.label = "Demonstrations";
    demonstrations.type = OptionType::integer;
    demonstrations.default_value = count;
    demonstrations.minimum = 0;
    demonstrations.maximum = 1000;
    demonstrations.unit = "examples";
    demonstrations.help = "Training examples with their answers in front of a question; where positions end, the "
                          "farthest give way.";
    demonstrations.source = "Brown et al. 2020, §2: zero, one, few (10 to 100)";

    OptionDescriptor choice;
    choice.name = "choice";
    choice.label = "Chosen";
    choice.type = OptionType::choice;
    choice.default_value = "random";
    choice.choices = {{"random", "at random, once", "Drawn by the run's seed, the same for all questions."},
                      {"random_each", "at random, for each question", ""},
                      {"first", "the first ones", "Of the training split, in its order."},
                      {"similar", "the most similar ones",
                       "By the cosine of mean hidden states of the frozen backbone; the nearest stands last."}};
    choice.help = "Which training examples are demonstrations; never the question itself.";
    choice.source =
        "once: Zhao et al. 2021; for each: Brown et al. 2020, §2.4; similar: Liu et al. 2022 (KATE), Sun et "
        "al. 2023";

    OptionDescriptor room;
    room.name = "demonstration_tokens";
    room.label = "Longest demonstration";
    room.type = OptionType::integer;
    room.default_value = 48;
    room.minimum = 1;
    room.maximum = 65536;
    room.unit = "tokens";
    room.help = "A demonstration's question is cut to this many tokens; its answer stays whole.";
    room.advanced = true;

    OptionDescriptor question;
    question.name = "question";
    question.label = "Question";
    question.type = OptionType::text;
    question.default_value = "";
    question.help = "Template in place of the task's own: {text}, {pair} and behind them {answer}; empty = the task's.";
    question.source = "Schick & Schütze 2021 (patterns and verbalizers)";
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

    OptionDescriptor scoring;
    scoring.name = "scoring";
    scoring.label = "Score";
    scoring.type = OptionType::choice;
    scoring.default_value = "sum";
    scoring.choices = {{"sum", "Σ log p", "Of all tokens of a class's words."},
                       {"mean", "mean log p", "Per token: longer words are no disadvantage."}};
    scoring.help = "How the words of a class are scored.";
    scoring.source = "Brown et al. 2020, §2.4: per token";
    info.options.push_back(scoring);

    OptionDescriptor calibration;
    calibration.name = "calibration";
    calibration.label = "Calibration";
    calibration.type = OptionType::choice;
    calibration.default_value = "none";
    calibration.choices = {{"none", "none", ""},
                           {"content_free", "contextual",
                            "Divides by what the model answers to the same question about N/A, [MASK] and nothing."}};
    calibration.help = "Whether the model's bias towards some classes is taken out.";
    calibration.source = "Zhao et al. 2021, §5";
    info.options.push_back(calibration);

    info.presets = {{"zero_shot", "Zero-shot", {{"demonstrations", 0}}},
                    {"brown2020", "Few-shot", {{"demonstrations", 16}, {"choice", "random_each"}, {"scoring", "mean"}}},
                    {"zhao2021", "Calibrated", {{"demonstrations", 4}, {"calibration", "content_free"}}},
                    {"kate", "Retrieved", {{"demonstrations", 8}, {"choice", "similar"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues&) {
        return ParameterCounts{0, 0, 0, head_parameter_count(config, task)};
    };
    info.caption = [](const OptionValues& options) {
        const std::int64_t count = options.integer("demonstrations");
        return (count == 0 ? std::string("zero-shot")
                           : std::to_string(count) + " examples, " + options.text("choice")) +
               (options.text("calibration") == "none" ? "" : ", calibrated");
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
