// ProPETL (Zeng et al. 2023): one prototype for all layers, and a binary mask for each of them.
#include "core/base/option_builders.h"
#include "methods/catalog/adapter_plan.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/prefix_plan.h"
#include "methods/catalog/propetl_plan.h"

namespace diapason {
namespace {

OptionDescriptor only_for(OptionDescriptor option, const char* form) {
    option.only_when_name = "form";
    option.only_when_values = {form};
    return option;
}

OptionDescriptor sites_for(const char* form, const char* name, const char* label, const char* value, const char* help) {
    OptionDescriptor d = adapter_sites(value, help);
    d.name = name;
    d.label = label;
    d.source = "Zeng et al. 2023, §4.1 and code";
    return only_for(d, form);
}

OptionDescriptor prototype_option() {
    return option::choice("form", "Prototype", "adapter",
                          {{"adapter", "adapter", "A bottleneck after a sublayer that reads output + residual."},
                           {"lora", "LoRA", "Low-rank updates: one prototype for each kind of map."},
                           {"prefix", "prefix", "Keys and values of one network; the masks act on its result."}},
                          "What the layers share.", "Zeng et al. 2023, §3.1");
}

OptionDescriptor sharing_option() {
    return option::choice("sharing", "Share and mask", "share_and_mask",
                          {{"share_and_mask", "share and mask", "One prototype, a mask for each layer."},
                           {"share_only", "share only", "One prototype, the same in all layers."},
                           {"mask_only", "mask only", "A module and a mask for each layer."}},
                          "The method, or one of its halves.", "Zeng et al. 2023, §5 (ablations)");
}

OptionDescriptor keep_option() {
    return option::real(
        "keep", "Kept share", 0.5, 0.001, 1,
        "Share of a tensor's elements that a mask keeps: those with the largest |score|.",
        "Zeng et al. 2023, code: sparsity = 0.5 (adapter), 0.1 (LoRA, prefix), 0.3 (T5, several tasks)");
}

OptionDescriptor rate_option() {
    return option::real("mask_rate", "Rate of the masks", 10.0, 0, 1e6,
                        "Learning rate of the masks' scores, as a multiple of everything else's.",
                        "Zeng et al. 2023, code: 30 (adapter), 300 (LoRA), 1 (prefix) on RoBERTa; 10 on T5");
}

std::vector<OptionDescriptor> all_options() {
    OptionDescriptor size = adapter_size(64), activation = adapter_activation("relu"), init = adapter_init("normal");
    size.source = "Zeng et al. 2023, code: width / 12 = 64 on RoBERTa-base";
    const MethodInfo lora = lora_info(), prefix = prefix_tuning_info();
    OptionDescriptor rank = option_of(lora, "rank"), alpha = option_of(lora, "alpha");
    rank.default_value = 32;
    rank.source = "Zeng et al. 2023, code: 32";
    alpha.default_value = 48.0;
    alpha.source = "Zeng et al. 2023, code: 48";
    OptionDescriptor length = option_of(prefix, "length"), hidden = option_of(prefix, "hidden");
    length.default_value = 64;
    length.source = "Zeng et al. 2023, code: 64";
    hidden.only_when_name.clear();
    OptionDescriptor shift = option_of(prefix, "position_shift");
    shift.default_value = "none";
    return {prototype_option(),
            sharing_option(),
            keep_option(),
            rate_option(),
            only_for(size, "adapter"),
            sites_for("adapter", "sites", "Sites", "*.*.ffn.block",
                      "Sublayers with an adapter: *.*.ffn.block = every feed-forward, block = attentions too."),
            only_for(activation, "adapter"),
            only_for(init, "adapter"),
            only_for(rank, "lora"),
            only_for(alpha, "lora"),
            sites_for("lora", "targets", "Targets", "q,v", "Linear maps with an update: points or addresses."),
            only_for(option_of(lora, "dropout"), "lora"),
            only_for(length, "prefix"),
            only_for(hidden, "prefix"),
            sites_for("prefix", "attentions", "Attentions", "kv",
                      "Attentions with a prefix: kv = all, or addresses (decoder.*.self_attn.kv)."),
            only_for(shift, "prefix"),
            only_for(option_of(prefix, "relative_bias"), "prefix")};
}

} // namespace

MethodInfo propetl_info() {
    MethodInfo info;
    info.id = "propetl";
    info.label = "ProPETL";
    info.paper = "Zeng et al. 2023";
    info.formula = "layer i: W ⊙ m_i, m_i = 1 where |score_i| is among the kept share";
    info.summary = "Trains one adapter, LoRA or prefix for all layers, and a binary mask of it for each layer.";
    info.colour_slot = 6;
    info.default_learning_rate = 1e-3;
    info.options = all_options();
    info.presets = {{"propetl_adapter", "GLUE, adapter (RoBERTa-base)", {{"keep", 0.5}, {"mask_rate", 30.0}}},
                    {"propetl_lora", "GLUE, LoRA", {{"form", "lora"}, {"keep", 0.1}, {"mask_rate", 300.0}}},
                    {"propetl_prefix", "GLUE, prefix", {{"form", "prefix"}, {"keep", 0.1}, {"mask_rate", 1.0}}},
                    {"propetl_t5",
                     "T5, several tasks",
                     {{"keep", 0.3}, {"mask_rate", 10.0}, {"activation", "gelu_tanh"}, {"init", "truncated_normal"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        ParameterCounts counts = propetl_plan(config, options).counts();
        counts.head = head_parameter_count(config, task);
        return counts;
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        const PropetlPlan plan = propetl_plan(config, options);
        const std::string& form = options.text("form");
        std::vector<DeltaDrawing> drawings;
        for (const PrototypeGroup& group : plan.groups)
            drawings.push_back({group.sublayer, group.point,
                                form == "adapter" ? DeltaGlyph::serial
                                : form == "lora"  ? DeltaGlyph::low_rank
                                                  : DeltaGlyph::prefix,
                                plan.masked ? "keep " + Json(plan.keep).dump() : std::string("shared")});
        return drawings;
    };
    info.other_start = [](const OptionValues& options) {
        const std::string& form = options.text("form");
        if (form == "prefix") return std::string("rows take their share of every softmax");
        return std::string(form == "adapter" && options.text("init") != "zero_up" ? "the second map is not zero" : "");
    };
    info.cost = [](const BackboneConfig& config, const OptionValues& options) {
        const bool prefix = options.text("form") == "prefix";
        return MethodCost{0, 1, 1, prefix ? static_cast<double>(shifted_positions(config, options)) : 0};
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        propetl_plan(config, options); // throws for what cannot be
        return options.text("form") == "prefix" ? position_refusal(config, options) : std::string();
    };
    info.traps = {"The number of zeros of a mask is int((1 − keep) · n), computed in double precision.",
                  "The mask's gradient passes straight through to the size of its score; the prototype's is the sum "
                  "over layers, each through its mask.",
                  "Masks are stored as bits, scores only in checkpoints. At the paper's settings the stored file is at "
                  "most 1/8.6 of the adapters': where those store twelve layers of 32-bit numbers, it stores one, plus "
                  "one bit for each number of each layer, 1/12 + 1/32 = 1/8.73. Both files begin with a list of their "
                  "tensors, so real ones come to between 1/8.62 and 1/8.75."};
    return info;
}

} // namespace diapason
