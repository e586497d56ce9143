#include "methods/catalog/adapter_plan.h"

namespace diapason {

OptionDescriptor adapter_size(std::int64_t value) {
    OptionDescriptor d;
    d.name = "size";
    d.label = "Bottleneck r";
    d.type = OptionType::integer;
    d.default_value = value;
    d.minimum = 1;
    d.maximum = 65536;
    d.help = "Width between the two maps of an adapter.";
    d.source = "Houlsby et al. 2019, §3.6: 8 to 64; He et al. 2022: 512 for XSum; AdapterHub: width / reduction_factor";
    return d;
}

OptionDescriptor adapter_sites(const std::string& value, const std::string& help) {
    OptionDescriptor d;
    d.name = "sites";
    d.label = "Sites";
    d.type = OptionType::sites;
    d.default_value = value;
    d.help = help;
    return d;
}

OptionDescriptor adapter_activation(const std::string& value) {
    OptionDescriptor d;
    d.name = "activation";
    d.label = "Activation";
    d.type = OptionType::choice;
    d.default_value = value;
    d.choices = {{"relu", "ReLU", ""},         {"gelu", "GELU", ""}, {"gelu_tanh", "GELU (tanh)", ""},
                 {"silu", "SiLU (swish)", ""}, {"tanh", "tanh", ""}, {"identity", "none", ""}};
    d.help = "Function between the two maps.";
    d.source = "AdapterHub: swish (Houlsby), relu (Pfeiffer, parallel), gelu (Compacter)";
    return d;
}

OptionDescriptor adapter_norm() {
    OptionDescriptor d;
    d.name = "norm";
    d.label = "LayerNorm of its own";
    d.type = OptionType::choice;
    d.default_value = "none";
    d.choices = {{"none", "none", ""},
                 {"in", "in front", "Of what the adapter reads."},
                 {"out", "behind", "Of what it gives, before it is added."},
                 {"both", "both", ""}};
    d.help = "A trained LayerNorm (eps 1e-5) inside the adapter.";
    d.source = "He et al. 2022, ffn_adapter_layernorm_option; AdapterHub, ln_before and ln_after";
    d.advanced = true;
    return d;
}

OptionDescriptor adapter_dropout() {
    OptionDescriptor d;
    d.name = "dropout";
    d.label = "Dropout";
    d.type = OptionType::real;
    d.default_value = 0.0;
    d.minimum = 0;
    d.maximum = 0.99;
    d.help = "Probability of dropping an element of the adapter while training.";
    d.source = "AdapterHub: 0; He et al. 2022: 0.1";
    return d;
}

OptionDescriptor adapter_dropout_site() {
    OptionDescriptor d;
    d.name = "dropout_site";
    d.label = "Dropout of";
    d.type = OptionType::choice;
    d.default_value = "result";
    d.choices = {{"result", "the result", "Behind the scale."}, {"inside", "the bottleneck", "Behind the activation."}};
    d.help = "What an adapter's dropout is applied to.";
    d.source = "the result: AdapterHub; the bottleneck: He et al. 2022 (code)";
    d.advanced = true;
    return d;
}

OptionDescriptor adapter_drop_first() {
    OptionDescriptor d;
    d.name = "drop_first";
    d.label = "Lower layers without";
    d.type = OptionType::integer;
    d.default_value = 0;
    d.minimum = 0;
    d.maximum = 1000;
    d.unit = "layers";
    d.help = "This many layers from the bottom of each stack get no adapter.";
    d.source = "Rücklé et al. 2021 (AdapterDrop); AdapterHub, leave_out";
    d.advanced = true;
    return d;
}

OptionDescriptor adapter_init(const std::string& value) {
    OptionDescriptor d;
    d.name = "init";
    d.label = "Init";
    d.type = OptionType::choice;
    d.default_value = value;
    d.choices = {{"zero_up", "up = 0", "down U(±1/√in), up and biases 0: the backbone's function at the start."},
                 {"normal", "N(0, 0.02)", "Both maps; biases 0."},
                 {"truncated_normal", "N(0, 0.01), cut at 2σ", "Both maps; biases 0."}};
    d.help = "First values of the maps.";
    d.source = "up = 0: He et al. 2022 (lora), AdapterHub mam_adapter; N(0, 0.02): AdapterHub bert; truncated: Houlsby "
               "et al. 2019, §3.6";
    return d;
}

OptionDescriptor adapter_composition(const std::string& value) {
    OptionDescriptor d;
    d.name = "composition";
    d.label = "Composition";
    d.type = OptionType::choice;
    d.default_value = value;
    d.choices = {
        {"add", "h + Δh", ""}, {"scaled", "h + s·Δh", ""}, {"learned", "h + s·Δh, s trained", "s starts at 1."}};
    d.help = "How the change joins the state.";
    d.source = "He et al. 2022, §4.3 and table 6";
    return d;
}

OptionDescriptor adapter_scale(double value) {
    OptionDescriptor d;
    d.name = "scale";
    d.label = "Scale s";
    d.type = OptionType::real;
    d.default_value = value;
    d.minimum = -1000;
    d.maximum = 1000;
    d.help = "Fixed factor of the change.";
    d.source = "He et al. 2022, §4.3: 4 for XSum and MT, 2 for GLUE";
    d.only_when_name = "composition";
    d.only_when_values = {"scaled"};
    return d;
}

} // namespace diapason
