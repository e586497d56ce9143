#include "methods/deltas/prefix_network.h"

#include "core/train/adamw.h"

#include <ATen/ops/mse_loss.h>
#include <c10/core/GradMode.h>

#include <utility>
#include <vector>

namespace diapason {

std::unique_ptr<ReparametrisedPrefixTable> make_prefix_network(RandomTensors& draw, const std::string& name,
                                                               const PrefixNetworkShape& shape) {
    const std::string inside = name + ".reparam.";
    ReparametrisedPrefixTable::Layers layers;
    layers.wte = draw.normal(inside + "wte", {shape.length, shape.width}, 1);
    draw.linear(inside + "fc1", shape.width, shape.hidden, layers.fc1_weight, layers.fc1_bias);
    draw.linear(inside + "fc2", shape.hidden, shape.slices * shape.slice_width, layers.fc2_weight, layers.fc2_bias);
    return std::make_unique<ReparametrisedPrefixTable>(layers, shape.slices);
}

void fit_network(ReparametrisedPrefixTable& network, const at::Tensor& table) {
    const at::AutoGradMode gradients(true);
    const at::Tensor target = table.detach();
    std::vector<at::Tensor> values;
    for (const Parameter* parameter : network.parameters())
        values.push_back(parameter->value);
    AdamWOptions adam;
    adam.weight_decay = 0;
    AdamW optimiser(std::move(values), adam);
    for (int step = 0; step < 500; ++step) {
        at::mse_loss(network.table(), target).backward();
        optimiser.accumulate();
        optimiser.step(1e-4);
    }
}

StoredForm stored_table(const std::string& name, ReparametrisedPrefixTable& table) {
    StoredForm form{name + ".table", table.parameters(), {}, {}};
    form.value = [&table] { return table.table(); };
    form.restore = [&table](const at::Tensor& value) { table.fix(value); };
    return form;
}

} // namespace diapason
