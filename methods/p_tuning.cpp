#include "methods/p_tuning.h"

#include "methods/init/random_tensors.h"
#include "methods/method.h"
#include "methods/prompt_encoder.h"

#include <cmath>

namespace diapason {

void attach_p_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    RandomTensors draw(model, context.generator);
    const std::string name = model.config().stack() + ".embedding.prompt.";
    const std::int64_t width = model.config().width;
    const std::int64_t hidden = options.integer("hidden") > 0 ? options.integer("hidden") : width;
    const std::string& kind = options.text("encoder");
    PromptEncoder::Network network;
    network.wte = draw.normal(name + "wte", {options.integer("length"), width}, 1);
    const auto dense = [&](std::int64_t in, std::int64_t out) {
        PromptEncoder::Dense layer{};
        draw.linear(name + "mlp." + std::to_string(network.mlp.size()), in, out, layer.weight, layer.bias);
        network.mlp.push_back(layer);
    };
    if (kind == "lstm") {
        network.lstm_layers = options.integer("lstm_layers");
        const double bound = 1 / std::sqrt(static_cast<double>(hidden));
        for (std::int64_t i = 0; i < network.lstm_layers; ++i) {
            for (const char* direction : {"", "_reverse"}) {
                const std::string end = "_l" + std::to_string(i) + direction;
                const std::int64_t in = i == 0 ? width : 2 * hidden;
                network.lstm.push_back(draw.uniform(name + "lstm.weight_ih" + end, {4 * hidden, in}, bound));
                network.lstm.push_back(draw.uniform(name + "lstm.weight_hh" + end, {4 * hidden, hidden}, bound));
                network.lstm.push_back(draw.uniform(name + "lstm.bias_ih" + end, {4 * hidden}, bound));
                network.lstm.push_back(draw.uniform(name + "lstm.bias_hh" + end, {4 * hidden}, bound));
            }
        }
        dense(2 * hidden, 2 * hidden);
        dense(2 * hidden, width);
    } else if (kind == "mlp") {
        dense(width, hidden);
        dense(hidden, hidden);
        dense(hidden, width);
    }
    model.set_prompt(
        std::make_unique<PromptEncoder>(std::move(network), options.text("pooling") == "first_soft_token"));
    model.train_head();
}

} // namespace diapason
