#include "methods/deltas/adapter/bottleneck.h"
#include "methods/interchange/adapterhub/sink.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <set>

namespace diapason::adapterhub {
namespace {

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
        throw cannot(where, "a parallel adapter after the sublayer's norm");
    if (place.input == AdapterInput::sum && !config.pre_norm)
        throw cannot(where, "an adapter that reads the sum before the norm");
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
    if (s["non_linearity"].get<std::string>().empty()) throw cannot(where, "an activation that transformers lacks");
    s["phm_layer"] = false;
    if (const auto* down = dynamic_cast<const HypercomplexMap*>(form.down.get())) {
        s["phm_layer"] = true;
        s["phm_dim"] = down->rule().value().size(0);
        s["factorized_phm_rule"] = down->rule().whole == nullptr;
        s["factorized_phm_W"] = down->weight().whole == nullptr;
        s["phm_rank"] = down->weight().whole == nullptr ? down->weight().left->value.size(2) : 1;
        s["phm_bias"] = down->bias() != nullptr;
        s["learn_phm"] = true;
        s["shared_W_phm"] = false;
    }
    return s;
}

std::int64_t size_of(const BlockAdapter& adapter) {
    if (const auto* down = dynamic_cast<const HypercomplexMap*>(adapter.form().down.get()))
        return down->rule().value().size(0) * down->weight().value().size(2);
    return dynamic_cast<const DenseMap&>(*adapter.form().down).weight().value().size(0);
}

// The library divides the width by this and rounds down. One number, or one a layer.
Json factors_of(const std::map<std::int64_t, std::int64_t>& sizes, std::int64_t width) {
    const auto factor = [&](std::int64_t size) {
        return static_cast<double>(width) / (static_cast<double>(size) + 0.5);
    };
    const std::int64_t usual = sizes.begin()->second;
    Json by_layer = {{"default", factor(usual)}};
    for (const auto& [layer, size] : sizes) {
        if (size != usual) by_layer[std::to_string(layer)] = factor(size);
    }
    return by_layer.size() == 1 ? Json(factor(usual)) : by_layer;
}

void add_factors(Sink& sink, const std::string& key, const Factors& factors) {
    if (factors.whole != nullptr) return sink.add(key, factors.whole->value);
    sink.add(key + "_left", factors.left->value);
    sink.add(key + "_right", factors.right->value);
}

// The rule that all hypercomplex maps of a model share; null when they have rules of their own.
const Factors* shared_rule(const std::vector<std::pair<std::string, const BlockAdapter*>>& adapters) {
    const Factors* shared = nullptr;
    for (const auto& item : adapters) {
        for (const DeltaMap* map : {item.second->form().down.get(), item.second->form().up.get()}) {
            const auto* hypercomplex = dynamic_cast<const HypercomplexMap*>(map);
            if (hypercomplex == nullptr) return nullptr;
            const Factors& rule = hypercomplex->rule();
            if (shared != nullptr && (shared->whole != rule.whole || shared->left != rule.left)) return nullptr;
            shared = &rule;
        }
    }
    return shared;
}

void add_map(Sink& sink, const std::string& key, const DeltaMap& map, bool own_rule) {
    if (const auto* hypercomplex = dynamic_cast<const HypercomplexMap*>(&map)) {
        if (own_rule) add_factors(sink, key + ".phm_rule", hypercomplex->rule());
        add_factors(sink, key + ".W", hypercomplex->weight());
        if (hypercomplex->bias() != nullptr) sink.add(key + ".b", hypercomplex->bias()->value);
        return;
    }
    const auto& dense = dynamic_cast<const DenseMap&>(map);
    const at::Tensor weight = dense.weight().value();
    sink.add(key + ".weight", weight);
    sink.add(key + ".bias", dense.bias() != nullptr ? dense.bias()->value : at::zeros({weight.size(0)}));
}

void add_tensors(Sink& sink, const std::string& path, const BlockAdapter& adapter, bool own_rule) {
    const std::string key = path + ".adapters." + sink.name() + ".";
    const Bottleneck& form = adapter.form();
    const bool norm = form.norm.weight != nullptr;
    if (norm) { // one module with two names in the library
        for (const char* twin : {"adapter_down.0", "adapter_norm_before"}) {
            sink.add(key + twin + ".weight", form.norm.weight->value);
            sink.add(key + twin + ".bias", form.norm.bias->value);
        }
    }
    add_map(sink, key + (norm ? "adapter_down.1" : "adapter_down.0"), *form.down, own_rule);
    add_map(sink, key + "adapter_up", *form.up, own_rule);
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
    std::map<std::int64_t, std::int64_t> sizes; // by layer
    std::vector<std::pair<std::string, const BlockAdapter*>> adapters;
    for (std::size_t s = 0; s < stacks.size(); ++s) {
        for (std::int64_t i = 0; i < stacks[s].shape.layers; ++i) {
            const Layer& layer = stacks[s].layers[static_cast<std::size_t>(i)];
            const std::int64_t index = sink.layer_index(s, i);
            const std::pair<const char*, const Block*> blocks[] = {
                {"self_attn", &layer.self_block}, {"cross_attn", &layer.cross_block}, {"ffn", &layer.ffn_block}};
            for (const auto& [sublayer, block] : blocks) {
                const std::string path = sink.layer_path(s, i) + place_of(config, sublayer, stacks[s].shape.cross);
                const BlockAdapter* adapter = adapter_of(*block, path);
                if (adapter == nullptr) continue;
                const Json settings = settings_of(*adapter, config, path);
                if (!common.is_null() && common != settings) throw cannot(path, "adapters of different kinds");
                common = settings;
                const auto [known, fresh] = sizes.try_emplace(index, size_of(*adapter));
                if (known->second != size_of(*adapter)) throw cannot(path, "adapters of different sizes in one layer");
                everywhere.insert(sublayer);
                adapters.emplace_back(path, adapter);
            }
            if (sizes.count(index) == 0) left_out.push_back(index);
        }
    }
    if (common.is_null()) return;
    // The library has adapters at all these places of every layer that is not left out.
    for (std::size_t s = 0; s < stacks.size(); ++s) {
        for (std::int64_t i = 0; i < stacks[s].shape.layers; ++i) {
            for (const std::string& sublayer : everywhere) {
                const std::string path = sink.layer_path(s, i) + place_of(config, sublayer, stacks[s].shape.cross);
                const bool there = std::any_of(adapters.begin(), adapters.end(),
                                               [&, &wanted = path](const auto& item) { return item.first == wanted; });
                if (there || sizes.count(sink.layer_index(s, i)) == 0) continue;
                if (sublayer != "cross_attn" || stacks[s].shape.cross)
                    throw cannot(path, "adapters at this place in some layers only");
            }
        }
    }
    // In T5 the library neither stores nor finds what its layers share.
    const Factors* rule = config.family == "t5" ? nullptr : shared_rule(adapters);
    for (const auto& [path, adapter] : adapters)
        add_tensors(sink, path, *adapter, rule == nullptr);
    if (rule != nullptr) add_factors(sink, sink.base_path() + "shared_parameters." + sink.name() + ".phm_rule", *rule);
    if (common["phm_layer"].get<bool>()) common["shared_phm_rule"] = rule != nullptr;
    common["reduction_factor"] = factors_of(sizes, config.width);
    common["mh_adapter"] = everywhere.count("self_attn") != 0;
    common["cross_adapter"] = everywhere.count("cross_attn") != 0;
    common["output_adapter"] = everywhere.count("ffn") != 0;
    common["leave_out"] = left_out;
    common["init_weights"] = "bert";
    common["use_gating"] = false;
    common["inv_adapter"] = nullptr;
    sink.add_part(std::move(common));
}

} // namespace diapason::adapterhub
