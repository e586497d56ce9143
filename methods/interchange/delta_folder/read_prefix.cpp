#include "methods/interchange/delta_folder/source.h"

namespace diapason::delta_folder {
namespace {

ReparametrisedPrefixTable::Layers network_of(Source& source, const Place& place, std::int64_t columns) {
    ReparametrisedPrefixTable::Layers layers{};
    // A combination's activation is that of its adapters.
    const bool own = source.settings().text("method", "") != "mam";
    layers.activation = delta_activation(own ? source.settings().text("activation", "tanh") : "tanh");
    if (layers.activation == nullptr)
        throw source.settings().error("activation", "unsupported: must be one of " + delta_activation_names());
    layers.wte = &source.need(place, "reparam.wte", {-1, -1});
    layers.fc1_weight = &source.need(place, "reparam.fc1.weight", {-1, layers.wte->value.size(1)});
    const std::int64_t hidden = layers.fc1_weight->value.size(0);
    layers.fc1_bias = &source.need(place, "reparam.fc1.bias", {hidden});
    layers.fc2_weight = &source.need(place, "reparam.fc2.weight", {columns, hidden});
    layers.fc2_bias = &source.need(place, "reparam.fc2.bias", {columns});
    return layers;
}

bool gated(const Source& source) {
    const std::string composition = source.settings().text("composition", "concat");
    if (composition != "concat" && composition != "gated")
        throw source.settings().error("composition", "must be concat or gated");
    return composition == "gated";
}

// What self-attention's prefix does to positions, once a stack: all its layers have the same length.
void set_positions(Source& source, const Place& place, std::int64_t length) {
    if (place.sublayer != "self_attn") return;
    const Settings& s = source.settings();
    const std::string shift = s.text("position_shift", "none"), bias = s.text("t5_prefix_bias", "extended");
    if (shift != "none" && shift != "by_prefix_length")
        throw s.error("position_shift", "must be none or by_prefix_length");
    if (bias != "zero" && bias != "extended") throw s.error("t5_prefix_bias", "must be zero or extended");
    if (!source.first_prefix_of(place.stack)) return;
    Backbone& backbone = source.model().backbone();
    if (shift == "by_prefix_length") backbone.shift_positions(place.stack, length);
    backbone.stack(place.stack).prefix_biased = bias == "extended";
}

} // namespace

void read_prefix(Source& source, const Place& place) {
    Model& model = source.model();
    const bool with_gate = gated(source);
    if (place.layer < 0) { // one network for all layers of a stack
        Stack* stack = nullptr;
        for (const Stack& known : model.backbone().stacks()) {
            const bool has = place.sublayer == "self_attn" || (place.sublayer == "cross_attn" && known.shape.cross);
            if (known.shape.name == place.stack && has) stack = &model.backbone().stack(place.stack);
        }
        if (stack == nullptr) throw source.error("the backbone has no site " + place.address);
        const std::int64_t slices = 2 * stack->shape.layers;
        auto table = std::make_unique<ReparametrisedPrefixTable>(
            network_of(source, place, slices * stack->shape.kv_heads * stack->shape.head_width), slices);
        for (std::int64_t i = 0; i < stack->shape.layers; ++i) {
            model.backbone()
                .attention_at({place.stack, i, place.sublayer, "kv"})
                .prefixes.push_back(std::make_unique<PrefixSlices>(*table, 2 * i, 2 * i + 1, with_gate));
        }
        source.adapter().derived["flat." + place.stack + "." + place.sublayer] = [t = table.get()] {
            return t->table();
        };
        set_positions(source, place, table->length());
        model.add_module(std::move(table));
        return;
    }
    Attention& attention = model.backbone().attention_at(source.site_of(place));
    const std::int64_t width = attention.shape.kv_heads * attention.shape.head_width;
    if (place.tensors.count("score") != 0) { // the network's output behind a mask of this layer
        const Place* prototype = source.shared(place.sublayer, place.point);
        if (prototype == nullptr) throw source.error("the network that " + place.address + " masks is missing");
        PrefixTable& table = source.shared_table(*prototype, [&] {
            return std::make_unique<ReparametrisedPrefixTable>(network_of(source, *prototype, 2 * width), 1);
        });
        DeltaTensor mask;
        mask.scores = &source.need(place, "score", {table.length(), 2 * width});
        mask.keep = source.keep();
        source.derive_mask(place, "", mask);
        set_positions(source, place, table.length());
        attention.prefixes.push_back(std::make_unique<MaskedPrefix>(table, mask));
        return;
    }
    Parameter& key = source.need(place, "key", {-1, width});
    Parameter& value = source.need(place, "value", {key.value.size(0), width});
    set_positions(source, place, key.value.size(0));
    attention.prefixes.push_back(std::make_unique<PrefixRows>(key, value, with_gate));
}

} // namespace diapason::delta_folder
