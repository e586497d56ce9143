#include "methods/deltas/prefix_delta.h"
#include "methods/interchange/adapterhub/source.h"

#include <algorithm>

namespace diapason::adapterhub {
namespace {

// A location of the library: which attentions of which stack it is for.
struct Location {
    std::string name, stack, sublayer;
};

std::vector<Location> locations_of(const Settings& s, const BackboneConfig& config) {
    if (!config.encoder_decoder) {
        // An encoder may call its own prefix either name.
        return {{"self_prefix", config.stack(), "self_attn"}, {"encoder_prefix", config.stack(), "self_attn"}};
    }
    std::vector<Location> list = {{"self_prefix", "decoder", "self_attn"}};
    if (s.flag("encoder_prefix", true)) list.push_back({"encoder_prefix", "encoder", "self_attn"});
    if (s.flag("cross_prefix", true)) list.push_back({"cross_prefix", "decoder", "cross_attn"});
    return list;
}

using Names = std::map<std::string, Parameter*>; // by the name behind the location's: "wte.weight"

Parameter& need(const Source& source, const Names& names, const std::string& location, const std::string& tensor) {
    const auto found = names.find(tensor);
    if (found == names.end()) throw source.error("the tensor " + location + "." + tensor + " is missing");
    return *found->second;
}

std::unique_ptr<PrefixTable> table_of(Source& source, const Settings& s, const Names& names,
                                      const std::string& location, std::int64_t slices, std::int64_t width) {
    const std::int64_t columns = slices * width;
    const auto misfit = [&](const Parameter& parameter) {
        return source.error("the tensor " + parameter.name + " does not fit " + std::to_string(slices / 2) +
                            " layers with keys of " + std::to_string(width));
    };
    if (s.flag("flat", false)) {
        Parameter& table = need(source, names, location, "control_trans");
        const std::int64_t length = table.value.numel() / columns;
        if (length < 1 || table.value.numel() != length * columns) throw misfit(table);
        return std::make_unique<FlatPrefixTable>(table, slices, length);
    }
    ReparametrisedPrefixTable::Layers layers{};
    layers.activation = delta_activation(s.text("non_linearity", "tanh"));
    if (layers.activation == nullptr)
        throw s.error("non_linearity", "unsupported: must be one of " + delta_activation_names());
    layers.wte = &need(source, names, location, "wte.weight");
    layers.fc1_weight = &need(source, names, location, "control_trans.0.weight");
    layers.fc1_bias = &need(source, names, location, "control_trans.0.bias");
    layers.fc2_weight = &need(source, names, location, "control_trans.2.weight");
    layers.fc2_bias = &need(source, names, location, "control_trans.2.bias");
    const auto matrix = [&](const Parameter& p, std::int64_t rows, std::int64_t cols) {
        if (p.value.dim() != 2 || (rows > 0 && p.value.size(0) != rows) || p.value.size(1) != cols) throw misfit(p);
    };
    if (layers.wte->value.dim() != 2) throw misfit(*layers.wte);
    matrix(*layers.fc1_weight, 0, layers.wte->value.size(1));
    matrix(*layers.fc2_weight, columns, layers.fc1_weight->value.size(0));
    if (layers.fc1_bias->value.numel() != layers.fc1_weight->value.size(0)) throw misfit(*layers.fc1_bias);
    if (layers.fc2_bias->value.numel() != columns) throw misfit(*layers.fc2_bias);
    return std::make_unique<ReparametrisedPrefixTable>(layers, slices);
}

} // namespace

void read_prefix(Source& source, const Settings& s) {
    s.require("use_gating", false);
    if (s.number("dropout", 0) > 0)
        source.adapter().warnings.push_back(source.config_file() +
                                            ": dropout of a prefix is not implemented and is ignored");
    Model& model = source.model();
    const std::vector<Location> locations = locations_of(s, model.config());
    // Every tensor is there once in the pool and once for each layer.
    std::map<std::string, Names> tables;
    for (const auto& [key, entry] : source.open("prefix_tunings")) {
        const auto dot = key.rest.find('.');
        const std::string location = key.rest.substr(0, dot);
        const auto known =
            std::find_if(locations.begin(), locations.end(), [&](const Location& l) { return l.name == location; });
        if (known == locations.end() || dot == std::string::npos)
            throw source.error("unsupported: the tensor " + entry->name + " has no place in this backbone");
        const std::string tensor = key.rest.substr(dot + 1);
        Parameter*& parameter = tables[location][tensor];
        if (parameter == nullptr)
            parameter = &source.take(known->stack + "." + known->sublayer + ".kv." + tensor, *entry);
        else
            source.alias(*entry, *parameter);
    }
    const std::vector<std::int64_t> left_out = s.integers("leave_out");
    for (const auto& [location, names] : tables) {
        const Location& where = *std::find_if(locations.begin(), locations.end(),
                                              [&, &wanted = location](const Location& l) { return l.name == wanted; });
        Stack& stack = model.backbone().stack(where.stack);
        std::vector<std::int64_t> layers;
        for (std::int64_t i = 0; i < stack.shape.layers; ++i) {
            const std::int64_t index = source.index_of({&stack, i, {}});
            if (std::find(left_out.begin(), left_out.end(), index) == left_out.end()) layers.push_back(i);
        }
        const auto slices = 2 * static_cast<std::int64_t>(layers.size());
        if (slices == 0) throw s.error("leave_out", "leaves no layer of " + location);
        auto table = table_of(source, s, names, location, slices, stack.shape.kv_heads * stack.shape.head_width);
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const auto slice = static_cast<std::int64_t>(2 * i);
            model.backbone()
                .attention_at({where.stack, layers[i], where.sublayer, "kv"})
                .prefixes.push_back(std::make_unique<PrefixSlices>(*table, slice, slice + 1));
        }
        model.add_module(std::move(table));
        // The library counts the prefix among the keys and leaves the queries at 0. It computes the bias for the first
        // layer and drops it from the first layer on that has another number of keys.
        stack.prefix_passed = false;
        if (stack.relative == nullptr || where.sublayer != "self_attn") continue;
        bool same = true;
        for (Layer& layer : stack.layers) {
            same = same && layer.self.prefix_length() == stack.layers.front().self.prefix_length();
            layer.self.biased = same;
        }
    }
}

} // namespace diapason::adapterhub
