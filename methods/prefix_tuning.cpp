#include "methods/prefix_tuning.h"

#include "methods/catalog/prefix_plan.h"
#include "methods/init/random_tensors.h"
#include "methods/method.h"
#include "methods/prefix_delta.h"

#include <ATen/TensorOperators.h>

namespace diapason {
namespace {

// One network for all layers of a kind of attention; torch's default init of embeddings and linear layers.
std::unique_ptr<PrefixTable> make_network(const PrefixGroup& group, const OptionValues& options, Model& model,
                                          MethodContext& context) {
    const std::string name = group.address() + ".kv.reparam.";
    const std::int64_t hidden = options.integer("hidden");
    RandomTensors draw(model, context.generator);
    ReparametrisedPrefixTable::Layers layers;
    layers.wte = draw.normal(name + "wte", {options.integer("length"), model.config().width}, 1);
    draw.linear(name + "fc1", model.config().width, hidden, layers.fc1_weight, layers.fc1_bias);
    draw.linear(name + "fc2", hidden, group.slices() * group.width, layers.fc2_weight, layers.fc2_bias);
    return std::make_unique<ReparametrisedPrefixTable>(layers, group.slices());
}

} // namespace

void attach_prefix_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    const std::int64_t length = options.integer("length");
    for (const PrefixGroup& group : prefix_groups(model.config(), options)) {
        Stack& stack = model.backbone().stack(group.stack);
        std::unique_ptr<PrefixTable> table;
        if (options.text("reparametrisation") == "mlp") table = make_network(group, options, model, context);
        for (std::size_t i = 0; i < group.layers.size(); ++i) {
            Layer& layer = stack.layers[static_cast<std::size_t>(group.layers[i])];
            auto& prefixes = attention_of(layer, group.sublayer).prefixes;
            if (table != nullptr) {
                const auto slice = static_cast<std::int64_t>(2 * i);
                prefixes.push_back(std::make_unique<PrefixSlices>(*table, slice, slice + 1));
                continue;
            }
            RandomTensors draw(model, context.generator);
            const std::string name =
                group.stack + "." + std::to_string(group.layers[i]) + "." + group.sublayer + ".kv.";
            const double deviation = options.real("init_std");
            Parameter* key = draw.normal(name + "key", {length, group.width}, deviation);
            Parameter* value = draw.normal(name + "value", {length, group.width}, deviation);
            prefixes.push_back(std::make_unique<PrefixRows>(*key, *value));
        }
        if (table != nullptr) model.add_module(std::move(table));
        if (group.sublayer != "self_attn") continue;
        if (options.text("position_shift") == "by_length") stack.position_shift += length;
        stack.prefix_biased = options.text("relative_bias") == "extended";
    }
    model.train_head();
}

} // namespace diapason
