// VeRA (Kopiczko et al. 2024): one frozen random pair of matrices for all maps, and two trained vectors for each.
#include "core/base/option_builders.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/lora_plan.h"
#include "methods/catalog/vera_plan.h"

#include <algorithm>

namespace diapason {

std::vector<LoraTarget> vera_targets(const BackboneConfig& config, const OptionValues& options) {
    std::vector<LoraTarget> targets =
        linear_targets(config, options.text("targets"), options.integer("rank"), 1, "VeRA");
    if (options.text("fused") == "whole") join_parts(config, targets);
    return targets;
}

VeraShape vera_shape(const std::vector<LoraTarget>& targets) {
    VeraShape shape;
    for (const LoraTarget& target : targets) {
        shape.rank = target.rank;
        shape.in = std::max(shape.in, target.site.in);
        shape.out = std::max(shape.out, target.site.out * target.parts);
    }
    return shape;
}

MethodInfo vera_info() {
    MethodInfo info;
    info.id = "vera";
    info.label = "VeRA";
    info.paper = "Kopiczko et al. 2024";
    info.formula = "h = W x + Λ_b B Λ_d A x, A and B random, frozen and shared";
    info.summary = "Trains two vectors for each projection, which scale a frozen random update that all of them share.";
    info.colour_slot = 4;
    info.default_learning_rate = 1e-2;
    info.size_option = "rank";

    const OptionDescriptor rank =
        option::integer("rank", "Rank r", 256, 1, 65536, "Inner dimension of the update, and the length of d.",
                        "Kopiczko et al. 2024, §4.1: 1024 (RoBERTa-base), 256 (RoBERTa-large); 256 as in PEFT");

    const OptionDescriptor targets =
        option::sites("targets", "Targets", "q,v",
                      "Linear maps that get an update: points (q,v; linear = all maps) or addresses "
                      "(encoder.0-1.self_attn.{q,v}), which also choose layers.",
                      "Kopiczko et al. 2024, §4.1: query and value");

    const OptionDescriptor initial = option::real("d_initial", "Start of d", 0.1, -100, 100,
                                                  "Initial value of every element of d; b starts at zero.",
                                                  "Kopiczko et al. 2024, §3.3 and table 6: 0.1; PEFT 0.21");

    const OptionDescriptor dropout = option::real(
        "dropout", "Dropout", 0.0, 0, 0.99, "Probability of dropping an element of the update's input while training.",
        "PEFT 0.21, vera_dropout");

    const OptionDescriptor kept = option::advanced(
        option::flag("save_projection", "Store A and B", true,
                     "Whether A and B are stored with the vectors; otherwise they are drawn again from the run's seed.",
                     "PEFT 0.21, save_projection; Kopiczko et al. 2024, §3.2: vectors and a seed"));

    const OptionDescriptor fused = option::advanced(option::choice(
        "fused", "Fused maps", "parts",
        {{"parts", "part by part", "Queries, keys and values have vectors of their own."},
         {"whole", "as one map", "One d for all parts, and one b with rows for each; name all of them."}},
        "Backbones that keep q, k and v in one matrix (GPT-2); no effect elsewhere.", "whole: PEFT on c_attn"));

    info.options = {rank, targets, initial, dropout, kept, fused};
    info.presets = {{"kopiczko2024_base", "RoBERTa-base", {{"rank", 1024}}},
                    {"kopiczko2024_large", "RoBERTa-large", {{"rank", 256}}},
                    {"peft_gpt2", "PEFT on GPT-2", {{"targets", "q,k,v"}, {"fused", "whole"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::vector<LoraTarget> maps = vera_targets(config, options);
        std::int64_t trained = 0;
        for (const LoraTarget& target : maps)
            trained += (target.part == 0 ? target.rank : 0) + target.site.out;
        const VeraShape shape = vera_shape(maps);
        const std::int64_t projections = options.flag("save_projection") ? shape.rank * (shape.in + shape.out) : 0;
        return ParameterCounts{trained, trained + projections, 32 * (trained + projections),
                               head_parameter_count(config, task)};
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        return drawings_at(match_sites(config, options.text("targets")), DeltaGlyph::low_rank,
                           "r " + std::to_string(options.integer("rank")));
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        vera_targets(config, options); // says which site is none
        return std::string();
    };
    info.traps = {
        "A and B are as large as the largest map; a smaller one takes their first columns and rows, as in PEFT.",
        "A and B are frozen: they count as stored, not as trained.",
        "Vectors need a higher learning rate than LoRA's matrices."};
    return info;
}

} // namespace diapason
