#include "methods/prefix_network.h"

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

StoredForm stored_table(const std::string& name, ReparametrisedPrefixTable& table) {
    StoredForm form{name + ".table", table.parameters(), {}, {}};
    form.value = [&table] { return table.table(); };
    form.restore = [&table](const at::Tensor& value) { table.fix(value); };
    return form;
}

} // namespace diapason
