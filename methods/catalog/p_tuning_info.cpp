// P-tuning (Liu et al. 2021): soft tokens that a small network makes from trained vectors.
#include "core/base/option_builders.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/prompt_pattern.h"
#include "methods/catalog/prompt_room.h"

namespace diapason {
namespace {

std::int64_t hidden_of(const BackboneConfig& config, const OptionValues& options) {
    return options.integer("hidden") > 0 ? options.integer("hidden") : config.width;
}

std::int64_t encoder_size(const BackboneConfig& config, const OptionValues& options) {
    const std::int64_t d = config.width, h = hidden_of(config, options), layers = options.integer("lstm_layers");
    if (options.text("encoder") == "mlp") return h * (d + 1) + h * (h + 1) + d * (h + 1);
    if (options.text("encoder") == "none") return 0;
    // Two directions of four gates; every layer but the first reads both directions of the one below it.
    const std::int64_t lstm = 8 * h * ((d + h + 2) + (layers - 1) * (2 * h + h + 2));
    return lstm + 2 * h * (2 * h + 1) + d * (2 * h + 1);
}

std::int64_t length_of(const OptionValues& options) {
    return options.text("placement") == "front" ? options.integer("length")
                                                : parse_pattern(options.text("template")).length();
}

std::vector<OptionDescriptor> encoder_options() {
    const OptionDescriptor encoder = option::choice(
        "encoder", "Prompt encoder", "mlp",
        {{"mlp", "MLP", "Three linear layers with ReLU between them (PEFT's MLP)."},
         {"lstm", "biLSTM + MLP", "A bidirectional LSTM, then two linear layers with ReLU between them."},
         {"none", "none", "The vectors are the soft tokens."}},
        "Network between the trained vectors and the soft tokens.",
        "Liu et al. 2021, §3.2: biLSTM and MLP; PEFT 0.21: MLP");

    const OptionDescriptor hidden =
        option::only_when(option::integer("hidden", "Hidden size", 0, 0, 65536,
                                          "Width of the encoder's hidden layers; 0 = the backbone's width.",
                                          "PEFT 0.21, encoder_hidden_size; the original LSTM has half the width"),
                          "encoder", {"mlp", "lstm"});

    const OptionDescriptor layers =
        option::only_when(option::integer("lstm_layers", "LSTM layers", 2, 1, 16, "Layers of the LSTM.",
                                          "Liu et al. 2021, code: 2; PEFT 0.21, encoder_num_layers"),
                          "encoder", {"lstm"});
    return {encoder, hidden, layers};
}

std::vector<OptionDescriptor> place_options() {
    const OptionDescriptor placement =
        option::choice("placement", "Placement", "front",
                       {{"front", "at the front", "Before everything else, as in PEFT."},
                        {"template", "in a template", "Wherever the template puts them, with words in between."}},
                       "Where the soft tokens go.", "Liu et al. 2021, §3.1; PEFT: front");

    const OptionDescriptor text = option::only_when(
        option::text(
            "template", "Template", "{3}{text}{3}",
            "{text} is the input, {3} three soft tokens, anything else anchor words; special tokens stay outside.",
            "Liu et al. 2021, §3.1 and code: (3, 3, 3) for LAMA; anchors: §3.2"),
        "placement", {"template"});

    const OptionDescriptor tuned = option::flag("tune_backbone", "Tune the backbone too", false,
                                                "Every weight of the backbone is trained along with the soft tokens.",
                                                "Liu et al. 2021, §4: frozen for LAMA, tuned for SuperGLUE");

    const OptionDescriptor rate =
        option::only_when(option::real("backbone_rate", "Rate of the backbone", 0.1, 0, 1000,
                                       "Learning rate of the backbone's weights, as a multiple of the prompt's.",
                                       "Liu et al. 2021, code: 1e-5, and 1e-4 for the prompt"),
                          "tune_backbone", {"true"});
    return {placement, text, tuned, rate};
}

} // namespace

MethodInfo p_tuning_info() {
    const MethodInfo prompt = prompt_tuning_info();
    MethodInfo info;
    info.id = "p_tuning";
    info.label = "P-tuning";
    info.paper = "Liu et al. 2021";
    info.formula = "[f(P); E(x)], P and the network f trained";
    info.summary = "Trains soft tokens through a prompt encoder, which is dropped after training.";
    info.colour_slot = 7;
    info.default_learning_rate = 1e-3;
    info.size_option = "length";
    const std::vector<OptionDescriptor> place = place_options(), encoder = encoder_options();
    OptionDescriptor length = option_of(prompt, "length"), pooling = option_of(prompt, "pooling");
    for (OptionDescriptor* option : {&length, &pooling}) {
        option->only_when_name = "placement";
        option->only_when_values = {"front"};
    }
    info.options = {place[0], length};
    info.options.push_back(place[1]);
    info.options.insert(info.options.end(), encoder.begin(), encoder.end());
    info.options.insert(info.options.end(), {place[2], place[3], pooling});
    info.presets = {{"peft", "PEFT, MLP", {{"encoder", "mlp"}, {"pooling", "first_soft_token"}}},
                    {"liu2021_lama",
                     "LAMA (frozen, LSTM)",
                     {{"placement", "template"}, {"template", "{3}{text}{3}"}, {"encoder", "lstm"}}},
                    {"liu2021_superglue",
                     "SuperGLUE (tuned, LSTM)",
                     {{"placement", "template"}, {"encoder", "lstm"}, {"tune_backbone", true}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::int64_t rows = length_of(options) * config.width;
        const std::int64_t all = options.flag("tune_backbone") ? pretrained_parameter_count(config, task) : 0;
        return ParameterCounts{rows + encoder_size(config, options) + all, rows + all, 32 * (rows + all),
                               head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig&, const OptionValues& options) {
        std::vector<DeltaDrawing> drawings = {
            {"", "embedding", DeltaGlyph::prompt, "length " + std::to_string(length_of(options))}};
        if (options.flag("tune_backbone")) drawings.push_back({"", "all", DeltaGlyph::weights, "all weights"});
        return drawings;
    };
    info.other_start = prompt.other_start;
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        return prompt_room_refusal(config, length_of(options));
    };
    info.cost = [](const BackboneConfig&, const OptionValues& options) {
        const auto tokens = static_cast<double>(length_of(options));
        return MethodCost{tokens, 1, 1, tokens};
    };
    info.traps = {"Only the table that the network produces is needed after training: only that counts as stored; the "
                  "network is kept for resuming."};
    return info;
}

} // namespace diapason
