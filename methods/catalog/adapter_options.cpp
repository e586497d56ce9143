#include "core/base/option_builders.h"
#include "methods/catalog/adapter_plan.h"

namespace diapason {

OptionDescriptor adapter_size(std::int64_t value) {
    return option::integer(
        "size", "Bottleneck r", value, 1, 65536, "Width between the two maps of an adapter.",
        "Houlsby et al. 2019, §3.6: 8 to 64; He et al. 2022: 512 for XSum; AdapterHub: width / reduction_factor");
}

OptionDescriptor adapter_sites(const std::string& value, const std::string& help) {
    return option::sites("sites", "Sites", value, help);
}

OptionDescriptor adapter_activation(const std::string& value) {
    return option::choice("activation", "Activation", value,
                          {{"relu", "ReLU", ""},
                           {"gelu", "GELU", ""},
                           {"gelu_tanh", "GELU (tanh)", ""},
                           {"silu", "SiLU (swish)", ""},
                           {"tanh", "tanh", ""},
                           {"identity", "none", ""}},
                          "Function between the two maps.",
                          "AdapterHub: swish (Houlsby), relu (Pfeiffer, parallel), gelu (Compacter)");
}

OptionDescriptor adapter_norm() {
    return option::advanced(
        option::choice("norm", "Own LayerNorm", "none",
                       {{"none", "none", ""},
                        {"in", "before", "On what the adapter reads."},
                        {"out", "after", "On its result, before that is added."},
                        {"both", "both", ""}},
                       "A trained LayerNorm (eps 1e-5) inside the adapter.",
                       "He et al. 2022, ffn_adapter_layernorm_option; AdapterHub, ln_before and ln_after"));
}

OptionDescriptor adapter_dropout() {
    return option::real("dropout", "Dropout", 0.0, 0, 0.99,
                        "Probability of dropping an element of the adapter while training.",
                        "AdapterHub: 0; He et al. 2022: 0.1");
}

OptionDescriptor adapter_dropout_site() {
    return option::advanced(option::choice(
        "dropout_site", "Dropout on", "result",
        {{"result", "the result", "After the scale."}, {"inside", "the bottleneck", "After the activation."}},
        "What an adapter's dropout is applied to.", "the result: AdapterHub; the bottleneck: He et al. 2022 (code)"));
}

OptionDescriptor adapter_drop_first() {
    return option::advanced(
        option::in_units(option::integer("drop_first", "Lower layers to skip", 0, 0, 1000,
                                         "This many layers from the bottom of each stack get no adapter.",
                                         "Rücklé et al. 2021 (AdapterDrop); AdapterHub, leave_out"),
                         "layers"));
}

OptionDescriptor adapter_init(const std::string& value) {
    return option::choice(
        "init", "Init", value,
        {{"zero_up", "up = 0", "down U(±1/√in), up and biases 0: starts as the backbone itself."},
         {"normal", "N(0, 0.02)", "Both maps; biases 0."},
         {"small_normal", "N(0, 0.01)", "Both maps; biases 0."},
         {"truncated_normal", "N(0, 0.01), cut at 2σ", "Both maps; biases 0."}},
        "Initial values of the maps.",
        "up = 0: He et al. 2022 (lora), AdapterHub mam_adapter; N(0, 0.02): AdapterHub bert; N(0, 0.01): OpenDelta; "
        "truncated: Houlsby et al. 2019, §3.6");
}

OptionDescriptor adapter_composition(const std::string& value) {
    return option::choice(
        "composition", "Composition", value,
        {{"add", "h + Δh", ""}, {"scaled", "h + s·Δh", ""}, {"learned", "h + s·Δh, s trained", "s starts at 1."}},
        "How the change is added to the state.", "He et al. 2022, §4.3 and table 6");
}

OptionDescriptor adapter_scale(double value) {
    return option::only_when(option::real("scale", "Scale s", value, -1000, 1000, "Fixed factor of the change.",
                                          "He et al. 2022, §4.3: 4 for XSum and MT, 2 for GLUE"),
                             "composition", {"scaled"});
}

} // namespace diapason
