// Instruction prompt tuning (Sun et al. 2023): a soft prompt and demonstrations in front of every question.
#include "methods/catalog/demonstration_options.h"
#include "methods/catalog/infos.h"

namespace diapason {
namespace {

constexpr const char* prompt_names[] = {"length", "init", "init_range", "init_std", "init_top_k", "init_text"};

Json prompt_options(const OptionValues& options) {
    Json part = Json::object();
    for (const char* name : prompt_names)
        part[name] = options.json().at(name);
    return part;
}

} // namespace

MethodInfo instruction_prompt_tuning_info() {
    MethodInfo info;
    info.id = "instruction_prompt_tuning";
    info.label = "Instruction prompt tuning";
    info.paper = "Sun et al. 2023";
    info.formula = "p(y | [P; demonstrations; x]), P trained";
    info.summary =
        "Trains a soft prompt before demonstrations and question; training uses demonstrations just as testing does.";
    info.colour_slot = 5;
    info.default_learning_rate = 1e-2;
    info.size_option = "length";
    info.asks = true;
    const MethodInfo prompt = prompt_tuning_info();
    for (const char* name : prompt_names) {
        info.options.push_back(option_of(prompt, name));
        if (info.options.back().name == "length") {
            info.options.back().default_value = 25;
            info.options.back().source = "Sun et al. 2023: 25, 50, 100; Med-PaLM: 100";
        }
    }
    for (OptionDescriptor option : demonstration_options(1)) {
        if (option.name == "demonstrations") option.source = "Sun et al. 2023: 1";
        if (option.name == "choice") option.default_value = "similar";
        info.options.push_back(std::move(option));
    }
    info.parts = {{"prompt_tuning", prompt_options}};
    describe_parts(info);
    info.asking = demonstrations_of;
    const auto prompt_cost = info.cost;
    info.cost = [prompt_cost](const BackboneConfig& config, const OptionValues& options) {
        MethodCost cost = prompt_cost(config, options);
        cost.extra_tokens += demonstration_cost(options);
        return cost;
    };
    const auto refusal = info.refusal;
    info.refusal = [refusal](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        if (!task.head.ends_with("_lm")) return std::string("only a language model can be asked");
        if (task.classes == 0 && !options.text("question").empty())
            return std::string("a custom question asks for classes; a generation task uses its templates");
        return refusal(config, task, options);
    };
    info.traps = {"Soft tokens come first and demonstrations are text: both take up the backbone's positions."};
    return info;
}

} // namespace diapason
