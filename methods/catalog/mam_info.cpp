// Mix-and-match adapters (He et al. 2022, §4.7): nothing but prefix-tuning and scaled parallel adapters together.
#include "methods/catalog/adapter_plan.h"
#include "methods/catalog/infos.h"

namespace diapason {
namespace {

Json mam_prefix_options(const OptionValues& options) {
    return {{"length", options.integer("length")},
            {"reparametrisation", options.text("reparametrisation")},
            {"hidden", options.integer("hidden")},
            {"position_shift", "none"}};
}

Json adapter_options(const OptionValues& options) {
    return {{"size", options.integer("size")},    {"composition", options.text("composition")},
            {"scale", options.real("scale")},     {"init", options.text("init")},
            {"dropout", options.real("dropout")}, {"sites", "*.*.ffn.block"}};
}

} // namespace

MethodInfo mam_info() {
    MethodInfo info;
    info.id = "mam";
    info.label = "MAM adapter";
    info.paper = "He et al. 2022";
    info.formula = "attention(q, [P_k; k], [P_v; v]) and h ← h + s · up(act(down(x))) at the feed-forward";
    info.summary = "Trains short prefixes in the attention together with scaled parallel adapters beside the "
                   "feed-forward network.";
    info.colour_slot = 8;
    info.default_learning_rate = 1e-3;
    info.size_option = "size";

    // The prefix's own descriptors, with the defaults of this method.
    for (OptionDescriptor option : prefix_tuning_info().options) {
        if (option.name == "length") option.default_value = 16;
        if (option.name == "hidden") option.default_value = 800;
        if (option.name == "length" || option.name == "reparametrisation" || option.name == "hidden")
            info.options.push_back(option);
    }
    info.options.push_back(adapter_size(16));
    info.options.push_back(adapter_composition("scaled"));
    info.options.push_back(adapter_scale(2));
    info.options.push_back(adapter_init("zero_up"));
    info.options.push_back(adapter_dropout());
    info.options.push_back(adapter_dropout_site());
    info.presets = {{"glue", "GLUE (RoBERTa-base)", {{"length", 16}, {"size", 16}, {"scale", 2.0}}},
                    {"xsum", "XSum (BART-large)", {{"length", 30}, {"size", 512}, {"scale", 4.0}}},
                    {"adapterhub", "AdapterHub mam", {{"length", 30}, {"size", 512}, {"scale", 4.0}, {"hidden", 800}}}};
    info.parts = {{"prefix_tuning", mam_prefix_options}, {"parallel_adapter", adapter_options}};
    describe_parts(info);
    info.traps = {"It is exactly its two parts: a prefix without position shift and a scaled parallel adapter."};
    return info;
}

} // namespace diapason
