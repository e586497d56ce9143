#include "methods/p_tuning.h"
#include "methods/prompt_tuning.h"

#include <algorithm>

namespace diapason {
namespace {

// The options that every soft prompt has are described once.
OptionDescriptor option_of(const MethodInfo& info, const std::string& name) {
    return *std::find_if(info.options.begin(), info.options.end(),
                         [&](const OptionDescriptor& option) { return option.name == name; });
}

std::int64_t hidden_of(const BackboneConfig& config, const OptionValues& options) {
    return options.integer("hidden") > 0 ? options.integer("hidden") : config.width;
}

std::int64_t encoder_size(const BackboneConfig& config, const OptionValues& options) {
    const std::int64_t d = config.width, h = hidden_of(config, options), layers = options.integer("lstm_layers");
    if (options.text("encoder") == "mlp") return h * (d + 1) + h * (h + 1) + d * (h + 1);
    if (options.text("encoder") == "none") return 0;
    // Two directions; every layer but the first reads both directions of the one below it.
    const std::int64_t lstm = 2 * 4 * h * ((d + h + 2) + (layers - 1) * (2 * h + h + 2));
    return lstm + 2 * h * (2 * h + 1) + d * (2 * h + 1);
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

    OptionDescriptor encoder;
    encoder.name = "encoder";
    encoder.label = "Prompt encoder";
    encoder.type = OptionType::choice;
    encoder.default_value = "mlp";
    encoder.choices = {{"mlp", "MLP", "Three linear layers with ReLU between them (PEFT's MLP)."},
                       {"lstm", "biLSTM + MLP", "A bidirectional LSTM, then two linear layers with ReLU between them."},
                       {"none", "none", "The vectors are the soft tokens."}};
    encoder.help = "Network between the trained vectors and the soft tokens.";
    encoder.source = "Liu et al. 2021, §3.2: biLSTM and MLP; PEFT 0.21: MLP";

    OptionDescriptor hidden;
    hidden.name = "hidden";
    hidden.label = "Hidden size";
    hidden.type = OptionType::integer;
    hidden.default_value = 0;
    hidden.minimum = 0;
    hidden.maximum = 65536;
    hidden.help = "Width of the encoder's hidden layers; 0 = the backbone's width.";
    hidden.source = "PEFT 0.21, encoder_hidden_size; the original LSTM has half the width";
    hidden.only_when_name = "encoder";
    hidden.only_when_values = {"mlp", "lstm"};

    OptionDescriptor layers;
    layers.name = "lstm_layers";
    layers.label = "LSTM layers";
    layers.type = OptionType::integer;
    layers.default_value = 2;
    layers.minimum = 1;
    layers.maximum = 16;
    layers.help = "Layers of the LSTM.";
    layers.source = "Liu et al. 2021, code: 2; PEFT 0.21, encoder_num_layers";
    layers.only_when_name = "encoder";
    layers.only_when_values = {"lstm"};
    layers.advanced = true;

    info.options = {option_of(prompt, "length"), encoder, hidden, layers, option_of(prompt, "pooling")};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::int64_t stored = options.integer("length") * config.width;
        return ParameterCounts{stored + encoder_size(config, options), stored, 32 * stored,
                               head_parameter_count(config, task)};
    };
    info.caption = [](const OptionValues& options) {
        return "length " + std::to_string(options.integer("length")) + ", " + options.text("encoder");
    };
    info.drawing = prompt.drawing;
    info.refusal = prompt.refusal;
    info.traps = {"Only the table that the network gives is needed after training: that is what counts as stored; the "
                  "network is kept for resuming."};
    return info;
}

} // namespace diapason
