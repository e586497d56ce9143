#include "methods/adapter/bottleneck.h"
#include "methods/adapterhub/sink.h"

#include <set>

namespace diapason::adapterhub {
namespace {

Error cannot(const std::string& where, const std::string& what) {
    return config_error("deltas", where, "the AdapterHub layout cannot hold " + what);
}

const BlockAdapter* adapter_of(const Block& block, const std::string& where) {
    if (block.deltas.empty()) return nullptr;
    const auto* adapter = dynamic_cast<const BlockAdapter*>(block.deltas.front().get());
    if (adapter == nullptr || block.deltas.size() > 1) throw cannot(where, "several deltas of one block");
    return adapter;
}

// The path of a block inside its layer.
std::string place_of(const BackboneConfig& config, const std::string& sublayer, bool cross) {
    if (config.family == "t5")
        return sublayer == "self_attn"    ? "layer.0"
               : sublayer == "cross_attn" ? "layer.1"
               : cross                    ? "layer.2"
                                          : "layer.1";
    const bool nested = config.family == "bert" || config.family == "roberta";
    if (sublayer == "ffn") return nested ? "output" : "output_adapters";
    if (sublayer == "self_attn") return nested ? "attention.output" : "attention_adapters";
    return "cross_attention_adapters";
}

// What an adapter is, in the library's words; all of a model must be the same.
Json settings_of(const BlockAdapter& adapter, const BackboneConfig& config, const std::string& where) {
    const Bottleneck& form = adapter.form();
    const AdapterPlace& place = adapter.place();
    Json s;
    const bool parallel =
        place.input == AdapterInput::residual || (place.input == AdapterInput::sublayer_input && !config.pre_norm);
    if (place.input == AdapterInput::sublayer_input && config.pre_norm)
        throw cannot(where, "a parallel adapter behind the sublayer's norm");
    if (place.input == AdapterInput::sum && !config.pre_norm)
        throw cannot(where, "an adapter that reads the sum in front of the norm");
    if (parallel && place.base != AdapterBase::output) throw cannot(where, "this residual of a parallel adapter");
    if (form.inner_dropout > 0) throw cannot(where, "dropout inside the bottleneck");
    s["is_parallel"] = parallel;
    s["original_ln_before"] = place.input == AdapterInput::sum || place.input == AdapterInput::normalised_sum;
    s["original_ln_after"] = !place.closes;
    s["residual_before_ln"] = place.base == AdapterBase::output;
    if (place.base == AdapterBase::sum) s["residual_before_ln"] = "post_add";
    s["adapter_residual_before_ln"] = place.norm_behind_base;
    s["ln_before"] = form.norm.weight != nullptr;
    s["ln_after"] = adapter.norm_behind().weight != nullptr;
    s["non_linearity"] = delta_activation_name(form.activation);
    s["dropout"] = form.dropout;
    if (form.learned_scale == nullptr)
        s["scaling"] = form.scale;
    else if (form.scale == 1)
        s["scaling"] = form.learned_scale->value.numel() == 1 ? "learned" : "channel";
    else
        throw cannot(where, "a learned and a fixed scale together");
    const auto* down = dynamic_cast<const DenseMap*>(form.down.get());
    if (down == nullptr || down->weight().scores != nullptr || down->bias() == nullptr)
        throw cannot(where, "maps that are masked, hypercomplex or without biases");
    // The library divides the width by this and rounds down.
    const auto size = static_cast<double>(down->weight().parameter->value.size(0));
    s["reduction_factor"] = static_cast<double>(config.width) / (size + 0.5);
    return s;
}

void add_map(Sink& sink, const std::string& key, const DeltaMap& map) {
    const auto& dense = dynamic_cast<const DenseMap&>(map);
    sink.add(key + ".weight", dense.weight().parameter->value);
    sink.add(key + ".bias", dense.bias()->value);
}

void add_tensors(Sink& sink, const std::string& path, const BlockAdapter& adapter) {
    const std::string key = path + ".adapters." + sink.name() + ".";
    const Bottleneck& form = adapter.form();
    const bool norm = form.norm.weight != nullptr;
    if (norm) { // one module with two names in the library
        for (const char* twin : {"adapter_down.0", "adapter_norm_before"}) {
            sink.add(key + twin + ".weight", form.norm.weight->value);
            sink.add(key + twin + ".bias", form.norm.bias->value);
        }
    }
    add_map(sink, key + (norm ? "adapter_down.1" : "adapter_down.0"), *form.down);
    add_map(sink, key + "adapter_up", *form.up);
    if (form.learned_scale != nullptr) sink.add(key + "scaling", form.learned_scale->value);
    if (adapter.norm_behind().weight != nullptr) {
        sink.add(key + "adapter_norm_after.weight", adapter.norm_behind().weight->value);
        sink.add(key + "adapter_norm_after.bias", adapter.norm_behind().bias->value);
    }
}

} // namespace

void write_bottleneck(Sink& sink) {
    const BackboneConfig& config = sink.model().config();
    const auto& stacks = sink.model().backbone().stacks();
    Json common;
    std::set<std::string> everywhere; // sublayers with adapters
    Json left_out = Json::array();
    for (std::size_t s = 0; s < stacks.size(); ++s) {
        for (std::int64_t i = 0; i < stacks[s].shape.layers; ++i) {
            const Layer& layer = stacks[s].layers[static_cast<std::size_t>(i)];
            const std::pair<const char*, const Block*> blocks[] = {
                {"self_attn", &layer.self_block}, {"cross_attn", &layer.cross_block}, {"ffn", &layer.ffn_block}};
            std::set<std::string> here;
            for (const auto& [sublayer, block] : blocks) {
                const std::string path = sink.layer_path(s, i) + place_of(config, sublayer, stacks[s].shape.cross);
                const BlockAdapter* adapter = adapter_of(*block, path);
                if (adapter == nullptr) continue;
                const Json settings = settings_of(*adapter, config, path);
                if (!common.is_null() && common != settings) throw cannot(path, "adapters of different kinds");
                common = settings;
                here.insert(sublayer);
                add_tensors(sink, path, *adapter);
            }
            if (here.empty()) left_out.push_back(sink.layer_index(s, i));
            everywhere.insert(here.begin(), here.end());
        }
    }
    if (common.is_null()) return;
    common["mh_adapter"] = everywhere.count("self_attn") != 0;
    common["cross_adapter"] = everywhere.count("cross_attn") != 0;
    common["output_adapter"] = everywhere.count("ffn") != 0;
    common["leave_out"] = left_out;
    common["init_weights"] = "bert";
    common["use_gating"] = false;
    common["inv_adapter"] = nullptr;
    common["phm_layer"] = false;
    sink.add_part(std::move(common));
}

} // namespace diapason::adapterhub
