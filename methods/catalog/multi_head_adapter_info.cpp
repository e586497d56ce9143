// Multi-head parallel adapters (He et al. 2022, §4.6): a bottleneck for every head.
#include "methods/catalog/adapter_plan.h"
#include "methods/catalog/infos.h"

namespace diapason {

AdapterPlan multi_head_adapter_plan() {
    AdapterPlan plan;
    plan.form = DeltaForm::multi_head;
    plan.insertion = DeltaInsertion::parallel;
    return plan;
}

MethodInfo multi_head_adapter_info() {
    MethodInfo info;
    info.id = "multi_head_adapter";
    info.label = "Multi-head parallel adapter";
    info.paper = "He et al. 2022";
    info.formula = "h_i ← h_i + s · act(q_i down_i) up_i, for every head i";
    info.summary = "Trains a bottleneck for each head, beside the attention: a prefix without its softmax.";
    info.colour_slot = 3;
    info.default_learning_rate = 1e-3;
    info.size_option = "size";
    OptionDescriptor sites = adapter_sites("heads", "Attentions with adapters: heads = all, or addresses "
                                                    "(decoder.*.self_attn.heads).");
    sites.source = "He et al. 2022, §4.6";
    info.options = {
        adapter_size(8),     sites, adapter_activation("relu"), adapter_composition("add"), adapter_scale(4),
        adapter_drop_first()};
    describe_adapters(info, multi_head_adapter_plan());
    info.traps = {"Queries are neither scaled by 1/√d nor rotated, unlike in a prefix."};
    return info;
}

} // namespace diapason
