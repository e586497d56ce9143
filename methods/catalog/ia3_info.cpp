// IA3 (Liu et al. 2022): learned vectors that rescale keys, values and the feed-forward network's inner activations.
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "methods/catalog/ia3_plan.h"
#include "methods/catalog/infos.h"

namespace diapason {

std::vector<Ia3Target> ia3_targets(const BackboneConfig& config, const OptionValues& options) {
    std::vector<Ia3Target> targets;
    for (const Site& site : match_sites(config, options.text("targets"))) {
        if (!site.is_linear())
            throw config_error("targets", site.address(), "IA3 rescales linear maps",
                               "Choose from q, k, v, o, fc1, fc2, gate, or linear for all of them");
        targets.push_back({site, false});
    }
    const std::string& ffn = options.text("ffn");
    if (ffn == "none") return targets;
    for (const Site& site : match_sites(config, ffn == "fc2_input" ? "fc2" : "fc1"))
        targets.push_back({site, ffn == "fc2_input"});
    return targets;
}

MethodInfo ia3_info() {
    MethodInfo info;
    info.id = "ia3";
    info.label = "IA³";
    info.paper = "Liu et al. 2022";
    info.formula = "k ← l_k ⊙ k, v ← l_v ⊙ v, fc2 (l_ff ⊙ act(fc1 x))";
    info.summary =
        "Trains vectors that rescale keys, values and inner activations; they can be merged into the weights.";
    info.colour_slot = 6;
    info.default_learning_rate = 1e-2;

    const OptionDescriptor targets =
        option::sites("targets", "Rescaled outputs", "k,v",
                      "Linear maps whose output (bias included) is rescaled: points or addresses.",
                      "Liu et al. 2022, §3.3; PEFT takes q,v on BART and q,k,v together on GPT-2");

    const OptionDescriptor ffn =
        option::choice("ffn", "Feed-forward", "fc2_input",
                       {{"fc2_input", "input of fc2", "After the activation (and the gate): the paper and PEFT."},
                        {"fc1_output", "output of fc1", "Before the activation, bias included: AdapterHub."},
                        {"none", "none", "The feed-forward network is left unchanged."}},
                       "Where the feed-forward network's vector acts.",
                       "Liu et al. 2022, §3.3; PEFT 0.21, feedforward_modules; AdapterHub");

    info.options = {targets, ffn};
    info.presets = {{"liu2022_few_shot", "Liu et al. 2022", {{"targets", "k,v"}, {"ffn", "fc2_input"}}},
                    {"adapterhub", "AdapterHub", {{"targets", "k,v"}, {"ffn", "fc1_output"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        std::int64_t trained = 0;
        for (const Ia3Target& target : ia3_targets(config, options))
            trained += target.size();
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        std::vector<Site> sites;
        for (const Ia3Target& target : ia3_targets(config, options))
            sites.push_back(target.site);
        return drawings_at(sites, DeltaGlyph::vector, "l");
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        ia3_targets(config, options); // throws for addresses that are none
        return std::string();
    };
    info.traps = {"An output's vector scales the bias too, and so does the merged map.",
                  "The feed-forward vector acts before fc2 (the paper, PEFT) or after fc1 (AdapterHub): option `ffn`."};
    return info;
}

} // namespace diapason
