#include "methods/deltas/prefix_delta.h"
#include "methods/interchange/adapterhub/sink.h"

#include <ATen/ops/cat.h>

#include <optional>
#include <set>

namespace diapason::adapterhub {
namespace {

// The attentions that share one prefix of the library.
struct Location {
    std::string name;
    std::size_t stack = 0;
    Attention Layer::*attention = nullptr;
    std::vector<std::int64_t> layers = {};              ///< that have the prefix
    std::vector<at::Tensor> rows = {};                  ///< keys and values of each, [P, 2w]
    const ReparametrisedPrefixTable* network = nullptr; ///< that gives all of them in their order; null = none does
};

// Keys and values of an attention's prefixes, one behind the other.
at::Tensor rows_of(const Attention& attention, const std::string& where) {
    std::vector<at::Tensor> keys, values;
    for (const auto& prefix : attention.prefixes) {
        if (prefix->gated()) throw cannot(where, "gated prefixes");
        if (prefix->in_slots()) throw cannot("kv", "rows inside the text");
        const KeyValues rows = prefix->rows();
        keys.push_back(rows.keys);
        values.push_back(rows.values);
    }
    return keys.empty() ? at::Tensor() : at::cat({at::cat(keys), at::cat(values)}, 1);
}

// The network behind an attention's only prefix when it is the one of the slices 2i and 2i+1.
const ReparametrisedPrefixTable* network_of(const Attention& attention, std::size_t i) {
    if (attention.prefixes.size() != 1) return nullptr;
    const auto* slices = dynamic_cast<const PrefixSlices*>(attention.prefixes.front().get());
    const auto slice = static_cast<std::int64_t>(2 * i);
    if (slices == nullptr || slices->key() != slice || slices->value() != slice + 1) return nullptr;
    if (slices->table().fixed()) return nullptr; // what is stored for inference holds no network
    return dynamic_cast<const ReparametrisedPrefixTable*>(&slices->table());
}

void collect(Location& location, const Stack& stack) {
    bool networks = true;
    for (std::size_t i = 0; i < stack.layers.size(); ++i) {
        const Attention& attention = stack.layers[i].*location.attention;
        const at::Tensor rows = rows_of(attention, location.name);
        if (!rows.defined()) continue;
        if (!location.rows.empty() && rows.size(0) != location.rows.front().size(0))
            throw cannot(location.name, "prefixes of different lengths");
        const ReparametrisedPrefixTable* network = network_of(attention, location.rows.size());
        networks = networks && network != nullptr && (location.rows.empty() || network == location.network);
        location.network = network;
        location.layers.push_back(static_cast<std::int64_t>(i));
        location.rows.push_back(rows);
    }
    const auto all = static_cast<std::int64_t>(2 * location.rows.size());
    if (!networks || location.network == nullptr || location.network->slices() != all) location.network = nullptr;
}

// The library gives all prefixes the shape of the encoder's heads, and takes their width from the model's, but for T5.
void check_heads(const Location& location, const Stack& stack, const Stack& first, const BackboneConfig& config) {
    const StackShape& shape = stack.shape;
    if (shape.heads != first.shape.heads || shape.kv_heads != first.shape.kv_heads ||
        (config.family != "t5" && shape.heads * shape.head_width != config.width))
        throw cannot(location.name, "prefixes for heads of this shape: the library reads one from the config for all");
}

void check(const Location& location, const Stack& stack) {
    if (stack.position_shift != 0) throw cannot(location.name, "a prefix that shifts positions");
    if (stack.relative == nullptr || location.name == "cross_prefix") return;
    if (location.layers.size() != stack.layers.size())
        throw cannot(location.name, "a prefix in some layers only: the library drops the bias of distances there");
    if (stack.prefix_passed || !stack.prefix_biased)
        throw cannot(location.name, "a prefix that leaves the distances within the text unchanged");
}

void add_network(Sink& sink, const std::string& key, const ReparametrisedPrefixTable::Layers& layers) {
    sink.add(key + "wte.weight", layers.wte->value);
    sink.add(key + "control_trans.0.weight", layers.fc1_weight->value);
    sink.add(key + "control_trans.0.bias", layers.fc1_bias->value);
    sink.add(key + "control_trans.2.weight", layers.fc2_weight->value);
    sink.add(key + "control_trans.2.bias", layers.fc2_bias->value);
}

// All locations are networks of one kind, or none is written as a network.
bool as_networks(const std::vector<Location>& locations) {
    const ReparametrisedPrefixTable* first = nullptr;
    for (const Location& location : locations) {
        if (location.rows.empty()) continue;
        if (location.network == nullptr) return false;
        const auto& layers = location.network->layers();
        if (first == nullptr) first = location.network;
        if (layers.fc1_bias->value.numel() != first->layers().fc1_bias->value.numel() ||
            layers.activation != first->layers().activation)
            return false;
    }
    return first != nullptr && !delta_activation_name(first->layers().activation).empty();
}

// Layers without a prefix, as the library counts; locations of one stack must agree.
Json left_out(const Sink& sink, const std::vector<Location>& locations) {
    std::set<std::int64_t> list;
    for (std::size_t s = 0; s < sink.model().backbone().stacks().size(); ++s) {
        std::optional<std::vector<std::int64_t>> common;
        for (const Location& location : locations) {
            if (location.stack != s || location.rows.empty()) continue;
            if (common && *common != location.layers)
                throw cannot(location.name, "prefixes of layers other than the decoder's own");
            common = location.layers;
        }
        if (!common) continue;
        const std::set<std::int64_t> there(common->begin(), common->end());
        for (std::int64_t i = 0; i < sink.model().backbone().stacks()[s].shape.layers; ++i) {
            if (there.count(i) == 0) list.insert(sink.layer_index(s, i));
        }
    }
    return Json(list);
}

} // namespace

void write_prefix(Sink& sink) {
    Model& model = sink.model();
    const auto& stacks = model.backbone().stacks();
    std::vector<Location> locations = {{"self_prefix", stacks.size() - 1, &Layer::self}};
    if (stacks.size() > 1) {
        locations.push_back({"encoder_prefix", 0, &Layer::self});
        locations.push_back({"cross_prefix", 1, &Layer::cross});
    }
    std::int64_t length = 0;
    for (Location& location : locations) {
        collect(location, stacks[location.stack]);
        if (location.rows.empty()) continue;
        check(location, stacks[location.stack]);
        check_heads(location, stacks[location.stack], stacks.front(), model.config());
        const std::int64_t own = location.rows.front().size(0);
        if (length != 0 && own != length) throw cannot(location.name, "prefixes of different lengths");
        length = own;
    }
    if (length == 0) return;
    if (locations[0].rows.empty()) throw cannot("self_prefix", "a prefix without the decoder's own");
    const bool networks = as_networks(locations);
    for (const Location& location : locations) {
        if (location.rows.empty()) continue;
        const std::string key =
            sink.base_path() + "prefix_tuning.prefix_tunings." + sink.name() + "." + location.name + ".";
        if (networks)
            add_network(sink, key, location.network->layers());
        else
            sink.add(key + "control_trans", at::cat(location.rows, 1).flatten());
    }
    const bool two = stacks.size() > 1;
    Json config = {{"architecture", "prefix_tuning"}, {"flat", !networks}, {"prefix_length", length}};
    config["encoder_prefix"] = !two || !locations[1].rows.empty();
    config["cross_prefix"] = !two || !locations[2].rows.empty();
    config["bottleneck_size"] = networks ? locations[0].network->layers().fc1_bias->value.numel() : 512;
    config["non_linearity"] = networks ? delta_activation_name(locations[0].network->layers().activation) : "tanh";
    config["dropout"] = 0.0;
    config["use_gating"] = false;
    config["leave_out"] = left_out(sink, locations);
    sink.add_part(std::move(config));
}

} // namespace diapason::adapterhub
