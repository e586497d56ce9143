#include "methods/prompt_tuning.h"

namespace diapason {

std::string prompt_room_refusal(const BackboneConfig& config, std::int64_t length) {
    return length * 2 <= config.max_positions ? std::string()
                                              : "a prompt of this length leaves too few of the backbone's " +
                                                    std::to_string(config.max_positions) + " positions";
}

MethodInfo prompt_tuning_info() {
    MethodInfo info;
    info.id = "prompt_tuning";
    info.label = "Prompt tuning";
    info.paper = "Lester et al. 2021";
    info.formula = "[P; E(x)], P ∈ ℝ^(length × d) trained";
    info.summary = "Trains a few vectors in front of every input.";
    info.colour_slot = 3;
    info.default_learning_rate = 1e-2;
    info.size_option = "length";

    OptionDescriptor length;
    length.name = "length";
    length.label = "Length";
    length.type = OptionType::integer;
    length.default_value = 20;
    length.minimum = 1;
    length.maximum = 512;
    length.unit = "tokens";
    length.help = "Number of soft tokens in front of the input.";
    length.source = "Lester et al. 2021, §3.2 (1 to 150)";

    OptionDescriptor init;
    init.name = "init";
    init.label = "Init";
    init.type = OptionType::choice;
    init.default_value = "vocabulary";
    init.choices = {{"random", "random", "Uniform in ± the range."},
                    {"vocabulary", "sampled vocabulary",
                     "Embeddings of words drawn from the most frequent ones, without repetition."},
                    {"label", "class labels",
                     "Embeddings of the class words, averaged over their pieces; the rest as sampled vocabulary."},
                    {"text", "text", "Embeddings of a text's tokens, repeated or cut to the length."}};
    init.help = "Where the first values of the soft tokens come from.";
    init.source = "Lester et al. 2021, §3.2; text: PEFT";

    OptionDescriptor range;
    range.name = "init_range";
    range.label = "Init range";
    range.type = OptionType::real;
    range.default_value = 0.5;
    range.minimum = 0;
    range.maximum = 10;
    range.help = "Half width of the uniform distribution.";
    range.source = "Lester et al. 2021, §3.2: [−0.5, 0.5]";
    range.only_when_name = "init";
    range.only_when_values = {"random"};

    OptionDescriptor top;
    top.name = "init_top_k";
    top.label = "Most frequent words";
    top.type = OptionType::integer;
    top.default_value = 5000;
    top.minimum = 1;
    top.maximum = 4'000'000;
    top.help = "Words are drawn from this many most frequent ones; special tokens never.";
    top.source = "Lester et al. 2021, §3.2: 5,000";
    top.only_when_name = "init";
    top.only_when_values = {"vocabulary", "label"};
    top.advanced = true;

    OptionDescriptor text;
    text.name = "init_text";
    text.label = "Init text";
    text.type = OptionType::text;
    text.default_value = "Classify the following text:";
    text.help = "Text whose token embeddings are the first values.";
    text.source = "PEFT 0.20, prompt_tuning_init_text";
    text.only_when_name = "init";
    text.only_when_values = {"text"};

    OptionDescriptor pooling;
    pooling.name = "pooling";
    pooling.label = "Pooled row";
    pooling.type = OptionType::choice;
    pooling.default_value = "first_token";
    pooling.choices = {
        {"first_token", "first real token", "The encoder's own [CLS] row, behind the prompt (P-tuning v2's choice)."},
        {"first_soft_token", "first soft token", "Row 0, the first soft token, as PEFT's wrapper reads it."}};
    pooling.help = "Row of an encoder that the classifier reads; decoders read the last token.";
    pooling.source = "P-tuning v2 code; PEFT 0.20";
    pooling.advanced = true;

    OptionDescriptor members;
    members.name = "members";
    members.label = "Members";
    members.type = OptionType::integer;
    members.default_value = 1;
    members.minimum = 1;
    members.maximum = 64;
    members.unit = "prompts";
    members.help = "Prompts of an ensemble, trained side by side in one pass; a head is shared by all.";
    members.source = "Lester et al. 2021, §6: 5";

    OptionDescriptor ensemble;
    ensemble.name = "ensemble";
    ensemble.label = "Ensemble";
    ensemble.type = OptionType::choice;
    ensemble.default_value = "vote";
    ensemble.choices = {{"vote", "majority vote", "Equal counts are decided by the mean probability."},
                        {"mean", "mean probability", ""}};
    ensemble.help = "What several members say together.";
    ensemble.source = "Lester et al. 2021, §6: majority vote";

    info.options = {length, init, range, top, text, members, ensemble, pooling};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::int64_t trained = options.integer("members") * options.integer("length") * config.width;
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.caption = [](const OptionValues& options) {
        const std::int64_t count = options.integer("members");
        return "length " + std::to_string(options.integer("length")) + ", " + options.text("init") +
               (count > 1 ? ", " + std::to_string(count) + " members" : "");
    };
    info.drawing = [](const BackboneConfig&, const OptionValues& options) {
        return std::vector<DeltaDrawing>{
            {"", "embedding", DeltaGlyph::prompt, "length " + std::to_string(options.integer("length"))}};
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        if (options.integer("members") > 1) {
            const std::string& start = options.text("init");
            if (task.classes == 0) return std::string("an ensemble votes on classes, and this task has none");
            if (start == "text" || (start == "label" && options.integer("length") <= task.classes))
                return std::string("with this init all members are the same prompt: choose random or vocabulary");
        }
        return prompt_room_refusal(config, options.integer("length"));
    };
    info.traps = {
        "Positions count the soft tokens, and the pooled row is a stored option (`pooling`), since libraries differ.",
        "Last-token heads read the last real token, whatever the padding.",
        "The draw from the vocabulary leaves special tokens out."};
    return info;
}

} // namespace diapason
