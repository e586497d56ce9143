// LoRA (Hu et al. 2022): a low-rank update beside chosen linear maps, W x + (alpha/r) B A x.
#include "core/base/option_builders.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/lora_plan.h"

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

    const OptionDescriptor rank = option::integer("rank", "Rank r", 8, 1, 4096, "Inner dimension of the update.",
                                                  "Hu et al. 2022, §4.1; 8 as in PEFT");

    const OptionDescriptor alpha = option::real("alpha", "Alpha α", 16.0, 0, 100000, "The update is scaled by α/r.",
                                                "Hu et al. 2022, §4.1; 16 as in the original scripts (PEFT: 8)");

    const OptionDescriptor targets =
        option::sites("targets", "Targets", "q,v",
                      "Linear maps that get an update: points (q,v; linear = all maps) or addresses "
                      "(encoder.0-1.self_attn.{q,v}), which also choose layers.",
                      "Hu et al. 2022, §4.2: query and value");

    const OptionDescriptor dropout = option::real(
        "dropout", "Dropout", 0.0, 0, 0.99, "Probability of dropping an element of the update's input while training.",
        "Hu et al. 2022, app. D; acts on A's input as in PEFT");

    const OptionDescriptor init = option::advanced(option::choice(
        "init", "Init", "kaiming",
        {{"kaiming", "Kaiming uniform", "U(−1/√in, 1/√in): the reference code's a = √5."},
         {"gaussian", "Gaussian", "N(0, 1/r²), as PEFT's \"gaussian\"."},
         {"orthogonal", "orthogonal", "A and B from orthogonal rows, so B A = 0; even ranks only."},
         {"pissa", "PiSSA", "The largest singular triplets of the weight, which keeps the rest (Meng et al. 2024)."},
         {"olora", "OLoRA", "The first columns of the weight's QR decomposition; the weight keeps the rest."},
         {"linear", "both random", "A and B as in a new linear layer: does not start as the backbone."}},
        "Initial values of A and B; B is zero with kaiming and gaussian, so the update starts at zero.",
        "Hu et al. 2022, §4.1; loralib; PEFT 0.21, init_lora_weights"));

    const OptionDescriptor scaling = option::advanced(option::choice(
        "scaling", "Scaling", "alpha_over_rank",
        {{"alpha_over_rank", "α/r", "The paper's."}, {"alpha_over_sqrt_rank", "α/√r", "rsLoRA (Kalajdzievski 2023)."}},
        "Factor of the update.", "Hu et al. 2022, §4.1; Kalajdzievski 2023"));

    const OptionDescriptor dora = option::flag(
        "dora", "DoRA", false,
        "Weight-decomposed: trains the length of every row of W + (α/r) B A separately from its direction.",
        "Liu et al. 2024, §4; the norm is a constant in the backward pass (§4.3), as in PEFT");

    const OptionDescriptor bias = option::advanced(
        option::choice("bias", "Biases", "none",
                       {{"none", "frozen", "No bias is trained."},
                        {"targets", "of the targets", "Biases of the adapted maps are trained too (PEFT: lora_only)."},
                        {"all", "all", "Every bias of the backbone is trained too."}},
                       "Which biases of the backbone are trained along with the updates.", "loralib; PEFT 0.21, bias"));

    const OptionDescriptor ranks = option::advanced(option::text(
        "rank_pattern", "Ranks by site", "",
        "Different ranks for some targets: address=rank, separated by spaces (fc1=16 encoder.0.self_attn.q=4).",
        "PEFT 0.21, rank_pattern"));

    const OptionDescriptor alphas = option::advanced(option::text(
        "alpha_pattern", "Alphas by site", "", "Different alphas for some targets: address=alpha, separated by spaces.",
        "PEFT 0.21, alpha_pattern"));

    const OptionDescriptor fused = option::advanced(
        option::choice("fused", "Fused maps", "parts",
                       {{"parts", "part by part", "Queries, keys and values have a pair of matrices each."},
                        {"whole", "as one map",
                         "One pair for all parts, which share A and have their own rows of B; name all of them."}},
                       "Backbones that keep q, k and v in one matrix (GPT-2); no effect elsewhere.",
                       "parts: loralib, AdapterHub; whole: PEFT on c_attn"));

    const OptionDescriptor plus = option::advanced(
        option::real("plus_ratio", "LoRA+ ratio", 1.0, 0.001, 1000,
                     "Learning rate of B, as a multiple of the run's, which applies to A; 1 = plain LoRA.",
                     "Hayou et al. 2024 (LoRA+): about 16"));

    info.options = {rank, alpha, targets, dropout, init, scaling, dora, bias, ranks, alphas, fused, plus};
    info.presets = {
        {"hu2022_glue", "GLUE (RoBERTa-base)", {{"rank", 8}, {"alpha", 8.0}, {"targets", "q,v"}}},
        {"hu2022_e2e", "E2E (GPT-2)", {{"rank", 4}, {"alpha", 32.0}, {"targets", "q,v"}, {"dropout", 0.1}}},
        {"he2022_xsum", "XSum (He et al. 2022)", {{"rank", 16}, {"alpha", 32.0}, {"dropout", 0.1}}},
        {"peft", "PEFT", {{"rank", 8}, {"alpha", 8.0}}},
        {"peft_gpt2", "PEFT on GPT-2", {{"rank", 8}, {"alpha", 8.0}, {"targets", "q,k,v"}, {"fused", "whole"}}},
        {"adapterhub", "AdapterHub", {{"rank", 8}, {"alpha", 8.0}, {"targets", "q,v"}}},
        {"opendelta", "OpenDelta", {{"rank", 8}, {"alpha", 16.0}}},
        {"llama_factory", "LLaMA-Factory", {{"rank", 8}, {"alpha", 16.0}, {"targets", "linear"}}},
        {"h2o", "H2O LLM Studio", {{"rank", 4}, {"alpha", 16.0}, {"dropout", 0.05}, {"targets", "linear"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        std::int64_t trained = parameters_in(lora_biases(config, task, options));
        for (const LoraTarget& target : lora_targets(config, options)) {
            trained += target.rank * ((target.part == 0 ? target.site.in : 0) + target.site.out);
            if (options.flag("dora")) trained += target.site.out;
        }
        return ParameterCounts{trained, trained, 32 * trained, head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        return drawings_at(match_sites(config, options.text("targets")), DeltaGlyph::low_rank,
                           "r " + std::to_string(options.integer("rank")));
    };
    info.other_start = [](const OptionValues& options) {
        return std::string(options.text("init") == "linear" ? "B A is not zero" : "");
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
    info.traps = {"GPT-2's fused projection is adapted part by part (loralib) or as one map (PEFT): option `fused`. "
                  "The names are the same, the functions are not: a rank for each part, or one for all.",
                  "BART scales queries after the projection: the update sees the unscaled map.",
                  "PiSSA and OLoRA change the frozen weight at the start: the start is kept, so the change can be "
                  "stored relative to the original weight.",
                  "DoRA's norm is computed in every pass and is a constant in the backward pass.",
                  "rsLoRA and rank patterns scale by each map's own rank."};
    return info;
}

} // namespace diapason
