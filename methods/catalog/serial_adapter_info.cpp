// Serial adapters (Houlsby et al. 2019; Pfeiffer et al. 2021): bottlenecks behind the sublayers.
#include "core/base/option_builders.h"
#include "methods/catalog/adapter_plan.h"
#include "methods/catalog/infos.h"

namespace diapason {
namespace {

OptionDescriptor form_option() {
    return option::choice("form", "Form", "bottleneck",
                          {{"bottleneck", "bottleneck", "up(act(down x)), with biases."},
                           {"low_rank", "low rank", "up(down x), without activation and biases."}},
                          "The function that an adapter computes.", "He et al. 2022, table 1");
}

OptionDescriptor input_option() {
    return option::advanced(
        option::choice("input", "Reads", "output",
                       {{"output", "the sublayer's output", "Before the residual is added: Houlsby."},
                        {"sum", "output + residual", "ProPETL's prototype."},
                        {"normalised_sum", "norm(output + residual)",
                         "The backbone's own norm, which is applied once more after the adapter: Pfeiffer in "
                         "AdapterHub. Where norms come first, output + residual."}},
                       "What a serial adapter at a block reads; the result is always added to the sublayer's output.",
                       "Houlsby et al. 2019, fig. 2; AdapterHub, original_ln_before; ProPETL's code"));
}

} // namespace

AdapterPlan serial_adapter_plan() {
    AdapterPlan plan;
    plan.insertion = DeltaInsertion::serial;
    plan.input = "output";
    return plan;
}

MethodInfo serial_adapter_info() {
    MethodInfo info;
    info.id = "serial_adapter";
    info.label = "Serial adapter";
    info.paper = "Houlsby et al. 2019";
    info.formula = "h ← h + s · up(act(down(h)))";
    info.summary = "Trains bottlenecks after the sublayers of every layer.";
    info.colour_slot = 2;
    info.default_learning_rate = 1e-3;
    info.size_option = "size";
    OptionDescriptor sites =
        adapter_sites("block", "Adapter sites: block = every sublayer (attention and feed-forward, Houlsby), "
                               "*.*.ffn.block = feed-forward only (Pfeiffer), heads, or projections.");
    sites.source = "Houlsby et al. 2019, fig. 2; Pfeiffer et al. 2021, §3.2: feed-forward only";
    info.options = {adapter_size(16),       sites,
                    form_option(),          adapter_activation("gelu"),
                    input_option(),         adapter_composition("add"),
                    adapter_scale(4),       adapter_init("zero_up"),
                    adapter_norm(),         adapter_dropout(),
                    adapter_dropout_site(), adapter_drop_first()};
    info.presets = {
        {"houlsby",
         "Houlsby",
         {{"sites", "*.*.{self_attn,ffn}.block"},
          {"activation", "silu"},
          {"input", "output"},
          {"init", "truncated_normal"}}},
        {"pfeiffer",
         "Pfeiffer (AdapterHub seq_bn)",
         {{"sites", "*.*.ffn.block"}, {"activation", "relu"}, {"input", "normalised_sum"}, {"init", "normal"}}},
        {"opendelta", "OpenDelta adapter", {{"size", 24}, {"activation", "gelu_tanh"}, {"init", "small_normal"}}}};
    describe_adapters(info, serial_adapter_plan());
    info.traps = {"AdapterHub's Pfeiffer adapters read the normed sum, and the norm is applied once more after the "
                  "residual; where norms come first, there is no such norm to read after.",
                  "`drop_first` counts layers of each stack from the bottom."};
    return info;
}

} // namespace diapason
