#include "methods/catalog/demonstration_options.h"

#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/data/task.h"

namespace diapason {

std::vector<OptionDescriptor> demonstration_options(std::int64_t count) {
    const OptionDescriptor demonstrations =
        option::in_units(option::integer("demonstrations", "Demonstrations", count, 0, 1000,
                                         "Training examples with their answers, placed before the question; if "
                                         "positions run out, the farthest are dropped.",
                                         "Brown et al. 2020, §2: zero, one, few (10 to 100)"),
                         "examples");

    const OptionDescriptor choice =
        option::choice("choice", "Chosen", "random",
                       {{"random", "at random, once", "Drawn by the run's seed, the same for all questions."},
                        {"random_each", "at random, for each question", ""},
                        {"first", "the first", "Of the training split, in its order."},
                        {"similar", "the most similar",
                         "By the cosine of mean hidden states of the frozen backbone; the nearest comes last."}},
                       "Which training examples are demonstrations; never the question itself.",
                       "once: Zhao et al. 2021; for each: Brown et al. 2020, §2.4; similar: Liu et al. 2022 (KATE), "
                       "Sun et al. 2023");

    const OptionDescriptor room = option::advanced(option::in_units(
        option::integer("demonstration_tokens", "Longest demonstration", 48, 1, 65536,
                        "A demonstration's question is cut to this many tokens; its answer stays whole."),
        "tokens"));

    const OptionDescriptor question =
        option::text("question", "Question", "",
                     "Template to use instead of the task's: {text}, {pair}, then {answer}; empty = the task's.",
                     "Schick & Schütze 2021 (patterns and verbalizers)");
    return {demonstrations, choice, room, question};
}

AskingOptions demonstrations_of(const OptionValues& options) {
    using Choice = AskingOptions::Choice;
    const std::string& choice = options.text("choice");
    AskingOptions asking;
    asking.demonstrations = options.integer("demonstrations");
    asking.choice = choice == "random_each" ? Choice::random_each
                    : choice == "first"     ? Choice::first
                    : choice == "similar"   ? Choice::similar
                                            : Choice::random;
    asking.demonstration_tokens = options.integer("demonstration_tokens");
    asking.question = options.text("question");
    if (!asking.question.empty() && !is_question(asking.question))
        throw config_error("question", asking.question, question_rule, "For example {text} Topic: {answer}");
    return asking;
}

double demonstration_cost(const OptionValues& options) {
    return static_cast<double>(options.integer("demonstrations") * options.integer("demonstration_tokens"));
}

} // namespace diapason
