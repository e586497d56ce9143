// P-tuning v2 (Liu et al. 2022): prefixes in every layer without a network, and a linear head instead of words.
#include "methods/catalog/infos.h"

namespace diapason {
namespace {

Json deep_prompt_options(const OptionValues& options) {
    return {{"length", options.integer("length")},           {"sites", options.text("sites")},
            {"hidden", options.integer("hidden")},           {"reparametrisation", options.text("reparametrisation")},
            {"init_std", options.real("init_std")},          {"position_shift", "by_length"},
            {"relative_bias", options.text("relative_bias")}};
}

} // namespace

MethodInfo p_tuning_v2_info() {
    MethodInfo info;
    info.id = "p_tuning_v2";
    info.label = "P-tuning v2";
    info.paper = "Liu et al. 2022";
    info.formula = "attention(q, [P_k; k], [P_v; v]) in every layer, and a linear head";
    info.summary = "Trains deep prompts directly, without a network, for classes instead of words.";
    info.colour_slot = 6;
    info.default_learning_rate = 5e-3;
    info.size_option = "length";
    // The prefix's own descriptors, with the defaults of this method.
    const MethodInfo prefix = prefix_tuning_info();
    for (const char* name : {"length", "sites", "reparametrisation", "hidden", "init_std", "relative_bias"}) {
        OptionDescriptor option = option_of(prefix, name);
        if (option.name == "length") {
            option.default_value = 20;
            option.source = "Liu et al. 2022, §4.3 and scripts: 8 to 224 by task";
        }
        if (option.name == "reparametrisation") {
            option.default_value = "none";
            option.source = "Liu et al. 2022, §3.2: none, except for WiC with BERT";
        }
        if (option.name == "sites") { // every layer has prompts here
            option.only_when_name.clear();
            option.only_when_values.clear();
        }
        if (option.name == "init_std") {
            option.only_when_name = "reparametrisation";
            option.only_when_values = {"none"};
        }
        info.options.push_back(std::move(option));
    }
    info.presets = {{"liu2022_boolq", "BoolQ (RoBERTa-large)", {{"length", 8}}},
                    {"liu2022_rte", "RTE (RoBERTa-large)", {{"length", 128}}},
                    {"liu2022_conll03", "CoNLL-2003 (RoBERTa-large)", {{"length", 11}}},
                    {"liu2022_squad", "SQuAD 1.1 (RoBERTa-large)", {{"length", 16}}},
                    {"liu2022_wic_bert", "WiC (BERT-large)", {{"length", 20}, {"reparametrisation", "mlp"}}}};
    info.parts = {{"prefix_tuning", deep_prompt_options}};
    describe_parts(info);
    const auto refusal = info.refusal;
    info.refusal = [refusal](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        if (task.head.ends_with("_lm"))
            return std::string("P-tuning v2 answers by a linear head, not in words: choose prefix-tuning");
        return refusal(config, task, options);
    };
    info.traps = {"Every layer has its own prompts, and the head is an ordinary classifier: no verbalizer."};
    return info;
}

} // namespace diapason
