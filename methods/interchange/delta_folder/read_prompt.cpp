#include "core/base/whole_number.h"
#include "methods/deltas/prompt_encoder.h"
#include "methods/interchange/delta_folder/source.h"

#include <map>

namespace diapason::delta_folder {

// wte, an LSTM with torch's names, and the linear layers of a sequence: those with ReLU between have every other
// number.
void read_prompt(Source& source, const Place& place) {
    const Settings& s = source.settings();
    if (s.text("method", "p_tuning") != "p_tuning") throw s.error("method", "unsupported: prompts of this kind");
    const std::string placement = s.text("placement", "front");
    if (placement != "front" && placement != "template")
        throw s.error("placement", "unsupported: a prompt must be before the text, or in a template");
    Model& model = source.model();
    PromptEncoder::Network network;
    network.wte = &source.need(place, "wte", {-1, model.config().width});
    std::int64_t in = model.config().width;
    for (std::int64_t i = 0; place.tensors.count("lstm.weight_ih_l" + std::to_string(i)) != 0; ++i) {
        network.lstm_layers = i + 1;
        std::int64_t hidden = 0;
        for (const char* direction : {"", "_reverse"}) {
            const std::string end = "_l" + std::to_string(i) + direction;
            Parameter& recurrent = source.need(place, "lstm.weight_hh" + end, {-1, -1});
            hidden = recurrent.value.size(1);
            network.lstm.push_back(&source.need(place, "lstm.weight_ih" + end, {4 * hidden, in}));
            network.lstm.push_back(&source.need(place, "lstm.weight_hh" + end, {4 * hidden, hidden}));
            network.lstm.push_back(&source.need(place, "lstm.bias_ih" + end, {4 * hidden}));
            network.lstm.push_back(&source.need(place, "lstm.bias_hh" + end, {4 * hidden}));
        }
        in = 2 * hidden;
    }
    std::map<std::int64_t, std::string> layers; // by their number
    for (const auto& [name, entry] : place.tensors) {
        std::string number = name;
        if (!strip_prefix(number, "mlp.") || !replace_ending(number, ".weight", "")) continue;
        if (const auto layer = whole_number(number); layer && *layer >= 0) layers[*layer] = "mlp." + number;
    }
    for (const auto& [number, name] : layers) {
        Parameter& weight = source.need(place, name + ".weight", {-1, in});
        in = weight.value.size(0);
        network.mlp.push_back({&weight, &source.need(place, name + ".bias", {in})});
    }
    if (in != model.config().width)
        throw source.error("the prompt encoder gives vectors of " + std::to_string(in) + ", but the backbone takes " +
                           std::to_string(model.config().width));
    auto encoder = std::make_unique<PromptEncoder>(std::move(network), placement == "front", placement == "template");
    source.adapter().derived["prompt_table"] = [e = encoder.get()] { return e->rows(); };
    model.set_prompt(std::move(encoder));
}

} // namespace diapason::delta_folder
