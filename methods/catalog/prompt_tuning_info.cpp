// Prompt tuning (Lester et al. 2021): soft tokens in front of the input, everything else frozen.
#include "core/base/option_builders.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/prompt_room.h"

namespace diapason {

namespace {

std::vector<OptionDescriptor> own_options() {
    const OptionDescriptor length =
        option::in_units(option::integer("length", "Length", 20, 1, 512, "Number of soft tokens before the input.",
                                         "Lester et al. 2021, §3.2 (1 to 150)"),
                         "tokens");

    const OptionDescriptor init =
        option::choice("init", "Init", "vocabulary",
                       {{"random", "random", "Uniform in ± the range."},
                        {"positive", "random, positive", "Uniform from 0 to the range, as in Lester et al.'s code."},
                        {"normal", "normal", "N(0, deviation), like a new embedding in torch."},
                        {"vocabulary", "sampled vocabulary",
                         "Embeddings of words drawn from the most frequent ones, without repetition."},
                        {"first", "first of the vocabulary", "Embeddings of the lowest ids, in their order."},
                        {"label", "class labels",
                         "Embeddings of the class words, averaged over their pieces; the rest as sampled vocabulary."},
                        {"text", "text", "Embeddings of a text's tokens, repeated or cut to the length."}},
                       "Where the initial values of the soft tokens come from.",
                       "Lester et al. 2021, §3.2 and code; normal and text: PEFT; first: OpenDelta");

    const OptionDescriptor range = option::only_when(
        option::real("init_range", "Init range", 0.5, 0, 10, "Largest value of the uniform distribution.",
                     "Lester et al. 2021, §3.2: [−0.5, 0.5]; code: [0, 0.5)"),
        "init", {"random", "positive"});

    const OptionDescriptor deviation =
        option::only_when(option::real("init_std", "Init deviation", 1, 0, 10,
                                       "Standard deviation of the normal distribution.", "PEFT: 1"),
                          "init", {"normal"});

    const OptionDescriptor top = option::advanced(
        option::only_when(option::integer("init_top_k", "Most frequent words", 5000, 1, 4'000'000,
                                          "Words are drawn from this many of the most frequent; special tokens never.",
                                          "Lester et al. 2021, §3.2: 5,000"),
                          "init", {"vocabulary", "label"}));

    const OptionDescriptor text = option::only_when(
        option::text("init_text", "Init text", "Classify the following text:",
                     "Text whose token embeddings are the initial values.", "PEFT 0.20, prompt_tuning_init_text"),
        "init", {"text"});

    const OptionDescriptor pooling = option::advanced(option::choice(
        "pooling", "Pooled row", "first_token",
        {{"first_token", "first real token", "The encoder's own [CLS] row, after the prompt (P-tuning v2's choice)."},
         {"first_soft_token", "first soft token", "Row 0, the first soft token, as PEFT's wrapper reads it."}},
        "Row of an encoder that the classifier reads; decoders read the last token.", "P-tuning v2 code; PEFT 0.20"));

    const OptionDescriptor members = option::in_units(
        option::integer("members", "Members", 1, 1, 64,
                        "Prompts of an ensemble, trained side by side in one pass; they share one head.",
                        "Lester et al. 2021, §6: 5"),
        "prompts");

    const OptionDescriptor ensemble = option::choice(
        "ensemble", "Ensemble", "vote",
        {{"vote", "majority vote", "Ties are decided by the mean probability."}, {"mean", "mean probability", ""}},
        "How the members' answers are combined.", "Lester et al. 2021, §6: majority vote");
    return {length, init, range, deviation, top, text, members, ensemble, pooling};
}

} // namespace

MethodInfo prompt_tuning_info() {
    MethodInfo info;
    info.id = "prompt_tuning";
    info.label = "Prompt tuning";
    info.paper = "Lester et al. 2021";
    info.formula = "[P; E(x)], P ∈ ℝ^(length × d) trained";
    info.summary = "Trains a few vectors that are prepended to every input.";
    info.colour_slot = 3;
    info.default_learning_rate = 1e-2;
    info.size_option = "length";

    info.options = own_options();
    info.presets = {
        {"lester2021", "Lester et al. 2021", {{"length", 100}, {"init", "label"}}},
        {"lester2021_code", "Lester et al. 2021, uniform as coded", {{"length", 100}, {"init", "positive"}}},
        {"peft", "PEFT, RANDOM", {{"init", "normal"}, {"pooling", "first_soft_token"}}},
        {"adapterhub", "AdapterHub", {{"length", 10}, {"init", "random"}}},
        {"opendelta", "OpenDelta", {{"length", 100}, {"init", "first"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::int64_t trained = options.integer("members") * options.integer("length") * config.width;
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig&, const OptionValues& options) {
        return std::vector<DeltaDrawing>{
            {"", "embedding", DeltaGlyph::prompt, "length " + std::to_string(options.integer("length"))}};
    };
    info.other_start = [](const OptionValues&) { return std::string("soft tokens are read like words"); };
    info.refusal = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        if (options.integer("members") > 1) {
            const std::string& start = options.text("init");
            if (task.classes == 0) return std::string("an ensemble votes on classes, but this task has none");
            if (start == "text" || start == "first" || (start == "label" && options.integer("length") <= task.classes))
                return std::string("with this init all members are the same prompt: choose random or vocabulary");
        }
        return prompt_room_refusal(config, options.integer("length"));
    };
    info.asking = [](const OptionValues& options) {
        AskingOptions asking;
        asking.by_mean = options.text("ensemble") == "mean";
        return asking;
    };
    info.cost = [](const BackboneConfig&, const OptionValues& options) {
        const auto length = static_cast<double>(options.integer("length"));
        return MethodCost{length, static_cast<double>(options.integer("members")), 1, length};
    };
    info.traps = {
        "Positions count the soft tokens, and the pooled row is a stored option (`pooling`), since libraries differ.",
        "Last-token heads read the last real token, regardless of padding.",
        "Draws from the vocabulary leave special tokens out."};
    return info;
}

} // namespace diapason
