#include "methods/catalog/partial_plan.h"

#include <algorithm>
#include <set>

namespace diapason {

std::vector<ExpectedTensor> bias_tensors(const BackboneConfig& config, const TaskShape& task) {
    std::vector<ExpectedTensor> tensors = pretrained_tensors(config, task);
    std::erase_if(tensors, [](const ExpectedTensor& t) { return t.constant || !t.name.ends_with(".bias"); });
    return tensors;
}

std::vector<ExpectedTensor> norm_tensors(const BackboneConfig& config, const TaskShape& task) {
    std::set<std::string> norms = {family_of(config).heads(config).masked_norm};
    const std::vector<StackShape> shapes = config.stacks();
    const std::vector<StackLayout> layouts = family_of(config).stacks(config);
    for (std::size_t s = 0; s < shapes.size(); ++s) {
        norms.insert({layouts[s].embedding_norm, layouts[s].final_norm});
        for (std::int64_t i = 0; i < shapes[s].layers; ++i) {
            for (const std::string& norm : {layouts[s].self_norm, layouts[s].cross_norm, layouts[s].ffn_norm})
                norms.insert(in_layer(layouts[s].layer, i) + norm);
        }
    }
    std::vector<ExpectedTensor> tensors = pretrained_tensors(config, task);
    std::erase_if(tensors,
                  [&](const ExpectedTensor& t) { return norms.count(t.name.substr(0, t.name.rfind('.'))) == 0; });
    return tensors;
}

std::vector<ExpectedTensor> last_layer_tensors(const BackboneConfig& config, std::int64_t layers) {
    const StackShape shape = config.stacks().back();
    const StackLayout layout = family_of(config).stacks(config).back();
    std::vector<std::string> prefixes;
    for (std::int64_t i = std::max<std::int64_t>(0, shape.layers - layers); i < shape.layers; ++i)
        prefixes.push_back(in_layer(layout.layer, i));
    if (!layout.final_norm.empty()) prefixes.push_back(layout.final_norm + ".");
    std::vector<ExpectedTensor> tensors = backbone_tensors(config);
    std::erase_if(tensors, [&](const ExpectedTensor& t) {
        // T5 keeps the relative positions of all layers in its first one.
        const bool shared = !layout.relative_bias.empty() && t.name == layout.relative_bias + ".weight";
        return shared || std::none_of(prefixes.begin(), prefixes.end(),
                                      [&](const std::string& prefix) { return t.name.rfind(prefix, 0) == 0; });
    });
    return tensors;
}

ParameterCounts counts_of(const std::vector<ExpectedTensor>& tensors, const BackboneConfig& config,
                          const TaskShape& task) {
    const std::int64_t trained = parameters_in(tensors);
    return {trained, trained, 32 * trained, head_parameter_count(config, task)};
}

} // namespace diapason
