#include "methods/adapterhub/sink.h"

#include <ATen/ops/cat.h>

namespace diapason::adapterhub {
namespace {

Error cannot(const std::string& where, const std::string& what) {
    return config_error("deltas", where, "the AdapterHub layout cannot hold " + what);
}

// Keys and values of an attention's prefixes, one behind the other: [P, 2w]; undefined without one.
at::Tensor rows_of(const Attention& attention) {
    std::vector<at::Tensor> keys, values;
    for (const auto& prefix : attention.prefixes) {
        if (prefix->in_slots()) throw cannot("kv", "rows inside the text");
        const KeyValues rows = prefix->rows();
        keys.push_back(rows.keys);
        values.push_back(rows.values);
    }
    return keys.empty() ? at::Tensor() : at::cat({at::cat(keys), at::cat(values)}, 1);
}

} // namespace

// A flat prefix: the library's own end state of a trained network.
void write_prefix(Sink& sink) {
    Model& model = sink.model();
    const auto& stacks = model.backbone().stacks();
    const std::string layers = family_of(model.config()).stacks(model.config()).front().layer;
    // "bert." of "bert.encoder.layer.#.": the library keeps the pool there, in T5 in the model itself.
    const std::string base = model.config().family == "t5" ? "" : layers.substr(0, layers.find('.') + 1);
    struct Location {
        std::string name;
        std::size_t stack;
        Attention Layer::*attention;
    };
    std::vector<Location> locations = {{"self_prefix", stacks.size() - 1, &Layer::self}};
    if (stacks.size() > 1) {
        locations.push_back({"encoder_prefix", 0, &Layer::self});
        locations.push_back({"cross_prefix", 1, &Layer::cross});
    }
    std::int64_t length = 0;
    std::vector<bool> has(locations.size(), false);
    for (std::size_t l = 0; l < locations.size(); ++l) {
        const Location& location = locations[l];
        const Stack& stack = stacks[location.stack];
        std::vector<at::Tensor> columns;
        for (const Layer& layer : stack.layers) {
            const at::Tensor rows = rows_of(layer.*location.attention);
            if (rows.defined()) columns.push_back(rows);
        }
        if (columns.empty()) continue;
        if (columns.size() != stack.layers.size()) throw cannot(location.name, "a prefix of some layers");
        for (const at::Tensor& rows : columns) {
            if (length != 0 && rows.size(0) != length) throw cannot(location.name, "prefixes of different lengths");
            length = rows.size(0);
        }
        if (stack.position_shift != 0) throw cannot(location.name, "a prefix that shifts positions");
        if (stack.relative != nullptr && location.name != "cross_prefix" &&
            (stack.prefix_passed || !stack.prefix_biased))
            throw cannot(location.name, "a prefix that leaves the distances of the text alone");
        has[l] = true;
        sink.add(base + "prefix_tuning.prefix_tunings." + sink.name() + "." + location.name + ".control_trans",
                 at::cat(columns, 1).flatten());
    }
    if (length == 0) return;
    if (!has[0]) throw cannot("self_prefix", "a prefix without the decoder's own");
    Json config = {{"architecture", "prefix_tuning"}, {"flat", true}, {"prefix_length", length}};
    config["encoder_prefix"] = stacks.size() > 1 ? Json(static_cast<bool>(has[1])) : Json(true);
    config["cross_prefix"] = stacks.size() > 1 ? Json(static_cast<bool>(has[2])) : Json(true);
    config["bottleneck_size"] = 512;
    config["non_linearity"] = "tanh";
    config["dropout"] = 0.0;
    config["use_gating"] = false;
    config["leave_out"] = Json::array();
    sink.add_part(std::move(config));
}

} // namespace diapason::adapterhub
