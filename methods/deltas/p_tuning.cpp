
#include "core/base/error.h"
#include "methods/catalog/prompt_pattern.h"
#include "methods/deltas/prompt_encoder.h"
#include "methods/init/random_tensors.h"
#include "methods/method.h"

#include <cmath>

namespace diapason {

namespace {

// The template in tokens: its soft ones are slots, its words the tokenizer's pieces.
PromptTemplate template_of(const PromptPattern& pattern, const Tokenizer* tokenizer) {
    PromptTemplate text;
    const auto add = [&](const std::vector<PatternPiece>& pieces, std::vector<std::int64_t>& tokens) {
        for (const PatternPiece& piece : pieces) {
            if (piece.soft > 0) {
                tokens.insert(tokens.end(), static_cast<std::size_t>(piece.soft), prompt_slot);
                continue;
            }
            if (tokenizer == nullptr)
                throw config_error("template", piece.words, "anchor words need the backbone's tokenizer");
            const auto ids = tokenizer->encode(piece.words, {.add_special_tokens = false}).ids;
            tokens.insert(tokens.end(), ids.begin(), ids.end());
        }
    };
    add(pattern.front, text.front);
    add(pattern.back, text.back);
    return text;
}

} // namespace

void attach_p_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    RandomTensors draw(model, context.generator);
    const std::string name = model.config().stack() + ".embedding.prompt.";
    const std::int64_t width = model.config().width;
    const std::int64_t hidden = options.integer("hidden") > 0 ? options.integer("hidden") : width;
    const std::string& kind = options.text("encoder");
    const bool inside = options.text("placement") == "template";
    std::int64_t length = options.integer("length");
    if (inside) {
        const PromptPattern pattern = parse_pattern(options.text("template"));
        length = pattern.length();
        model.set_prompt_template(template_of(pattern, context.tokenizer));
    }
    PromptEncoder::Network network;
    network.wte = draw.normal(name + "wte", {length, width}, 1);
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
    const bool computed = !network.mlp.empty();
    auto encoder =
        std::make_unique<PromptEncoder>(std::move(network), options.text("pooling") == "first_soft_token", inside);
    if (computed) {
        StoredForm rows{model.config().stack() + ".embedding.prompt", encoder->parameters(), {}, {}};
        rows.value = [e = encoder.get()] { return e->rows(); };
        rows.restore = [e = encoder.get()](const at::Tensor& value) { e->fix(value); };
        model.add_stored_form(std::move(rows));
    }
    model.set_prompt(std::move(encoder));
    if (options.flag("tune_backbone")) {
        for (const auto& parameter : model.weights().all()) {
            if (!model.in_head(parameter.get())) parameter->rate = options.real("backbone_rate");
            model.train({parameter.get()});
        }
    }
    model.train_head();
}

} // namespace diapason
