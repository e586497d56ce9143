#include "methods/deltas/adapter/bottleneck.h"
#include "methods/interchange/delta_folder/source.h"

namespace diapason::delta_folder {
namespace {

DeltaActivation activation_of(const Source& source) {
    const DeltaActivation activation = delta_activation(source.settings().text("activation", "relu"));
    if (activation == nullptr)
        throw source.settings().error("activation", "unsupported: must be one of " + delta_activation_names());
    return activation;
}

// A number, or a tensor where the scale is learned.
void read_scale(Source& source, const Place& place, double& scale, Parameter*& learned) {
    const Json& given = source.settings().field("scale");
    if (given.is_string() && given != "learned") throw source.settings().error("scale", "must be a number or learned");
    if (given.is_string())
        learned = &source.need(place, "scale", {-1});
    else
        scale = source.settings().number("scale", 1);
}

Bottleneck bottleneck_of(Source& source, const Place& place, std::int64_t in, std::int64_t out) {
    Bottleneck form;
    form.activation = activation_of(source);
    const std::string norm = source.settings().text("layernorm", "none");
    if (norm != "none" && norm != "in") throw source.settings().error("layernorm", "unsupported: must be none or in");
    if (norm == "in") form.norm = {&source.need(place, "ln.weight", {in}), &source.need(place, "ln.bias", {in}), 1e-5};
    const auto bias = [&](const std::string& name, std::int64_t size) -> Parameter* {
        if (place.tensors.count(name) != 0) return &source.need(place, name, {size});
        const Place* prototype = source.shared(place.sublayer, place.point);
        const bool common = prototype != nullptr && prototype->tensors.count(name) != 0;
        return common ? &source.need(*prototype, name, {size}) : nullptr;
    };
    const DeltaTensor down = source.tensor(place, "down.weight", {-1, in});
    const std::int64_t size = down.parameter->value.size(0);
    const DeltaTensor up = source.tensor(place, "up.weight", {out, size});
    form.down = std::make_unique<DenseMap>(down, bias("down.bias", size));
    form.up = std::make_unique<DenseMap>(up, bias("up.bias", out));
    read_scale(source, place, form.scale, form.learned_scale);
    return form;
}

AdapterPlace place_in_block(const Source& source) {
    const Settings& s = source.settings();
    // ProPETL's prototype reads the sum of the residual and the feed-forward output.
    if (s.text("method", "") == "propetl") return {AdapterInput::sum, AdapterBase::output};
    const std::string input = s.text("input", "residual");
    const bool known = input == "residual" || input == "ffn_input" || input == "output" || input == "sum";
    if (!known) throw s.error("input", "unsupported: must be residual, ffn_input, output or sum");
    if (input == "residual") return {AdapterInput::residual, AdapterBase::output};
    if (input == "ffn_input") return {AdapterInput::sublayer_input, AdapterBase::output};
    return {input == "sum" ? AdapterInput::sum : AdapterInput::output, AdapterBase::output};
}

} // namespace

void read_block(Source& source, const Place& place) {
    Block& block = source.model().backbone().block_at(source.site_of(place));
    const std::int64_t width = source.model().config().width;
    const AdapterPlace where = place_in_block(source);
    block.deltas.push_back(std::make_unique<BlockAdapter>(bottleneck_of(source, place, width, width), where));
}

void read_heads(Source& source, const Place& place) {
    Attention& attention = source.model().backbone().attention_at(source.site_of(place));
    const AttentionShape& shape = attention.shape;
    if (place.tensors.count("down") == 0) {
        attention.head_deltas.push_back(std::make_unique<HeadsAdapter>(
            bottleneck_of(source, place, source.model().config().width, shape.heads * shape.head_width)));
        return;
    }
    const DeltaTensor down = source.tensor(place, "down", {shape.heads, shape.head_width, -1});
    const DeltaTensor up = source.tensor(place, "up", {shape.heads, down.parameter->value.size(2), shape.head_width});
    double scale = 1;
    Parameter* learned = nullptr;
    read_scale(source, place, scale, learned);
    attention.head_deltas.push_back(
        std::make_unique<MultiHeadAdapter>(down, up, activation_of(source), scale, learned));
}

} // namespace diapason::delta_folder
