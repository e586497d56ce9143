#include "core/backbone/sites.h"
#include "core/base/error.h"
#include "methods/lora.h"

#include <set>

namespace diapason {

MethodInfo lora_info() {
    MethodInfo info;
    info.id = "lora";
    info.label = "LoRA";
    info.paper = "Hu et al. 2022";
    info.formula = "h = W x + (α/r) B A x";
    info.summary = "Trains low-rank updates of chosen projections; they can be merged into the weights.";
    info.colour_slot = 5;
    info.default_learning_rate = 3e-3;

    OptionDescriptor rank;
    rank.name = "rank";
    rank.label = "Rank r";
    rank.type = OptionType::integer;
    rank.default_value = 8;
    rank.minimum = 1;
    rank.maximum = 4096;
    rank.help = "Inner dimension of the update.";
    rank.source = "Hu et al. 2022, §4.1; 8 as in PEFT";

    OptionDescriptor alpha;
    alpha.name = "alpha";
    alpha.label = "Alpha α";
    alpha.type = OptionType::real;
    alpha.default_value = 16.0;
    alpha.minimum = 0;
    alpha.maximum = 100000;
    alpha.help = "The update is scaled by α/r.";
    alpha.source = "Hu et al. 2022, §4.1; 16 as in the original scripts (PEFT: 8)";

    OptionDescriptor targets;
    targets.name = "targets";
    targets.label = "Targets";
    targets.type = OptionType::sites;
    targets.default_value = "q,v";
    targets.help = "Linear maps that get an update: points (q,v) or addresses (encoder.0-1.self_attn.{q,v}).";
    targets.source = "Hu et al. 2022, §4.2: query and value";

    OptionDescriptor dropout;
    dropout.name = "dropout";
    dropout.label = "Dropout";
    dropout.type = OptionType::real;
    dropout.default_value = 0.0;
    dropout.minimum = 0;
    dropout.maximum = 0.99;
    dropout.help = "Probability of dropping an element of the update's input while training.";
    dropout.source = "Hu et al. 2022, app. D; acts on A's input as in PEFT";

    OptionDescriptor init;
    init.name = "init";
    init.label = "Init of A";
    init.type = OptionType::choice;
    init.default_value = "kaiming";
    init.choices = {{"kaiming", "Kaiming uniform", "U(−1/√in, 1/√in): the reference code's a = √5."},
                    {"gaussian", "Gaussian", "N(0, 1/r²), as PEFT's \"gaussian\"."}};
    init.help = "First values of A; B starts at zero, so that the update starts at zero.";
    init.source = "Hu et al. 2022, §4.1; loralib; PEFT";
    init.advanced = true;

    OptionDescriptor scaling;
    scaling.name = "scaling";
    scaling.label = "Scaling";
    scaling.type = OptionType::choice;
    scaling.default_value = "alpha_over_rank";
    scaling.choices = {{"alpha_over_rank", "α/r", "The paper's."},
                       {"alpha_over_sqrt_rank", "α/√r", "rsLoRA (Kalajdzievski 2023)."}};
    scaling.help = "Factor of the update.";
    scaling.source = "Hu et al. 2022, §4.1; Kalajdzievski 2023";
    scaling.advanced = true;

    info.options = {rank, alpha, targets, dropout, init, scaling};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        std::int64_t trained = 0;
        for (const Site& site : match_sites(config, options.text("targets"))) {
            if (!site.is_linear())
                throw config_error("targets", site.address(), "LoRA needs a linear map",
                                   "Points are q k v o fc1 fc2 gate");
            trained += options.integer("rank") * (site.in + site.out);
        }
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.caption = [](const OptionValues& options) {
        return "r " + std::to_string(options.integer("rank")) + ", " + options.text("targets");
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        std::vector<DeltaDrawing> drawings;
        std::set<std::string> seen;
        for (const Site& site : match_sites(config, options.text("targets"))) {
            if (seen.insert(site.point).second)
                drawings.push_back({site.point, "lora", "r " + std::to_string(options.integer("rank"))});
        }
        return drawings;
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        for (const Site& site : match_sites(config, options.text("targets"))) {
            if (!site.is_linear()) return "LoRA needs linear maps, and " + site.address() + " is none";
        }
        return std::string();
    };
    return info;
}

} // namespace diapason
