#include "methods/catalog/lora_plan.h"
#include "methods/lora.h"

#include <algorithm>

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
    info.size_option = "rank";

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
    targets.help = "Linear maps that get an update: points (q,v; linear = all maps) or addresses "
                   "(encoder.0-1.self_attn.{q,v}), which also choose layers.";
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
    init.label = "Init";
    init.type = OptionType::choice;
    init.default_value = "kaiming";
    init.choices = {
        {"kaiming", "Kaiming uniform", "U(−1/√in, 1/√in): the reference code's a = √5."},
        {"gaussian", "Gaussian", "N(0, 1/r²), as PEFT's \"gaussian\"."},
        {"orthogonal", "orthogonal", "A and B from orthogonal rows, so that B A = 0; even ranks only."},
        {"pissa", "PiSSA", "The largest singular triplets of the weight, which keeps the rest (Meng et al. 2024)."},
        {"olora", "OLoRA", "The first columns of the weight's QR decomposition; the weight keeps the rest."},
        {"linear", "both random", "A and B as a linear layer's default: does not start as the backbone."}};
    init.help = "First values of A and B; B is zero with kaiming and gaussian, so that the update starts at zero.";
    init.source = "Hu et al. 2022, §4.1; loralib; PEFT 0.21, init_lora_weights";
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

    OptionDescriptor dora;
    dora.name = "dora";
    dora.label = "DoRA";
    dora.type = OptionType::boolean;
    dora.default_value = false;
    dora.help = "Weight-decomposed: trains the length of every row of W + (α/r) B A apart from its direction.";
    dora.source = "Liu et al. 2024, §4; the norm is a constant in the backward pass (§4.3), as in PEFT";

    OptionDescriptor bias;
    bias.name = "bias";
    bias.label = "Biases";
    bias.type = OptionType::choice;
    bias.default_value = "none";
    bias.choices = {{"none", "frozen", "No bias is trained."},
                    {"targets", "of the targets", "Biases of the adapted maps are trained too (PEFT: lora_only)."},
                    {"all", "all", "Every bias of the backbone is trained too."}};
    bias.help = "Which biases of the backbone are trained beside the updates.";
    bias.source = "loralib; PEFT 0.21, bias";
    bias.advanced = true;

    OptionDescriptor ranks;
    ranks.name = "rank_pattern";
    ranks.label = "Ranks by site";
    ranks.type = OptionType::text;
    ranks.default_value = "";
    ranks.help = "Other ranks for some targets: address=rank, separated by spaces (fc1=16 encoder.0.self_attn.q=4).";
    ranks.source = "PEFT 0.21, rank_pattern";
    ranks.advanced = true;

    OptionDescriptor alphas;
    alphas.name = "alpha_pattern";
    alphas.label = "Alphas by site";
    alphas.type = OptionType::text;
    alphas.default_value = "";
    alphas.help = "Other alphas for some targets: address=alpha, separated by spaces.";
    alphas.source = "PEFT 0.21, alpha_pattern";
    alphas.advanced = true;

    OptionDescriptor plus;
    plus.name = "plus_ratio";
    plus.label = "LoRA+ ratio";
    plus.type = OptionType::real;
    plus.default_value = 1.0;
    plus.minimum = 0.001;
    plus.maximum = 1000;
    plus.help = "Learning rate of B, as a multiple of the run's, which A has; 1 = plain LoRA.";
    plus.source = "Hayou et al. 2024 (LoRA+): about 16";
    plus.advanced = true;

    info.options = {rank, alpha, targets, dropout, init, scaling, dora, bias, ranks, alphas, plus};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        std::int64_t trained = parameters_in(lora_biases(config, task, options));
        for (const LoraTarget& target : lora_targets(config, options)) {
            trained += target.rank * (target.site.in + target.site.out);
            if (options.flag("dora")) trained += target.site.out;
        }
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.caption = [](const OptionValues& options) {
        return (options.flag("dora") ? "DoRA r " : "r ") + std::to_string(options.integer("rank")) + ", " +
               options.text("targets");
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        return drawings_at(match_sites(config, options.text("targets")), DeltaGlyph::low_rank,
                           "r " + std::to_string(options.integer("rank")));
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        for (const LoraTarget& target : lora_targets(config, options)) {
            if (options.text("init") == "orthogonal" && target.rank % 2 != 0)
                return "the orthogonal init needs even ranks, and " + target.site.address() + " has " +
                       std::to_string(target.rank);
            const bool part_of_weight = options.text("init") == "pissa" || options.text("init") == "olora";
            if (part_of_weight && target.rank > std::min(target.site.in, target.site.out))
                return "the init " + options.text("init") + " needs ranks up to that of the weight at " +
                       target.site.address();
        }
        return std::string();
    };
    info.traps = {"GPT-2's fused projection is adapted by parts: q and v each get a matrix pair of their own.",
                  "BART scales queries behind the projection: the update sees the unscaled map.",
                  "PiSSA and OLoRA change the frozen weight at the start: the start is kept, so that the change can be "
                  "stored as one to the original weight.",
                  "DoRA's norm is computed in every pass and is a constant in the backward pass.",
                  "rsLoRA and rank patterns scale by each map's own rank."};
    return info;
}

} // namespace diapason
