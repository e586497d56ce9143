// Parallel adapters (He et al. 2022), scaled or not: bottlenecks beside the sublayers.
#include "core/base/option_builders.h"
#include "methods/catalog/adapter_plan.h"
#include "methods/catalog/infos.h"

namespace diapason {
namespace {

OptionDescriptor input_option() {
    return option::advanced(option::choice(
        "input", "Reads", "residual",
        {{"residual", "the residual stream", "Before the sublayer's norm where norms come first."},
         {"sublayer_input", "the sublayer's input", "After that norm."}},
        "What a parallel adapter at a block reads: the two differ where norms come first (GPT-2, T5, Llama).",
        "residual: He et al. 2022 (code), AdapterHub; sublayer's input: He et al. 2022 (text, fig. 3)"));
}

} // namespace

AdapterPlan parallel_adapter_plan() {
    AdapterPlan plan;
    plan.insertion = DeltaInsertion::parallel;
    plan.input = "residual";
    return plan;
}

MethodInfo parallel_adapter_info() {
    MethodInfo info;
    info.id = "parallel_adapter";
    info.label = "Parallel adapter";
    info.paper = "He et al. 2022";
    info.formula = "h ← h + s · up(act(down(x)))";
    info.summary = "Trains bottlenecks beside the sublayers: they read what the sublayer reads.";
    info.colour_slot = 3;
    info.default_learning_rate = 1e-3;
    info.size_option = "size";
    OptionDescriptor sites =
        adapter_sites("*.*.ffn.block",
                      "Adapter sites: blocks (*.*.ffn.block), heads (the attention's heads before o), or projections.");
    sites.source = "He et al. 2022, §4.4: feed-forward";
    info.options = {adapter_size(16),
                    sites,
                    adapter_activation("relu"),
                    input_option(),
                    adapter_composition("scaled"),
                    adapter_scale(4),
                    adapter_init("zero_up"),
                    adapter_norm(),
                    adapter_dropout(),
                    adapter_dropout_site(),
                    adapter_drop_first()};
    info.presets = {{"parallel", "Parallel adapter", {{"composition", "add"}}},
                    {"scaled_parallel", "Scaled parallel adapter", {{"composition", "scaled"}, {"scale", 4.0}}},
                    {"attention_parallel",
                     "Parallel adapter at the attention (He et al. 2022)",
                     {{"sites", "heads"}, {"composition", "add"}, {"norm", "in"}, {"init", "normal"}}},
                    {"he2022_xsum",
                     "XSum (He et al. 2022)",
                     {{"size", 512}, {"composition", "scaled"}, {"scale", 4.0}, {"dropout_site", "inside"}}},
                    {"adapterhub", "AdapterHub par_bn", {{"composition", "scaled"}, {"scale", 4.0}}},
                    {"opendelta",
                     "OpenDelta parallel adapter",
                     {{"size", 24}, {"composition", "add"}, {"activation", "gelu_tanh"}, {"init", "small_normal"}}}};
    describe_adapters(info, parallel_adapter_plan());
    info.traps = {"Where norms come first, the residual stream and the sublayer's input differ: option `input`."};
    return info;
}

} // namespace diapason
