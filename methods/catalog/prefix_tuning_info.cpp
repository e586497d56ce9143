#include "core/base/error.h"
#include "methods/catalog/prefix_plan.h"
#include "methods/prefix_tuning.h"

#include <algorithm>

namespace diapason {

std::vector<PrefixGroup> prefix_groups(const BackboneConfig& config, const OptionValues& options) {
    std::vector<PrefixGroup> groups;
    for (const Site& site : match_sites(config, options.text("sites"))) {
        if (site.point != "kv")
            throw config_error("sites", site.address(), "a prefix needs the point kv of an attention",
                               "For example kv or decoder.*.self_attn.kv");
        auto group = std::find_if(groups.begin(), groups.end(), [&](const PrefixGroup& candidate) {
            return candidate.stack == site.stack && candidate.sublayer == site.sublayer;
        });
        if (group == groups.end()) group = groups.insert(groups.end(), {site.stack, site.sublayer, site.out, {}});
        group->layers.push_back(site.layer);
    }
    return groups;
}

MethodInfo prefix_tuning_info() {
    MethodInfo info;
    info.id = "prefix_tuning";
    info.label = "Prefix-tuning";
    info.paper = "Li & Liang 2021";
    info.formula = "attention(q, [P_k; k], [P_v; v]) in every layer";
    info.summary = "Trains keys and values in front of those of every layer.";
    info.colour_slot = 4;
    info.default_learning_rate = 5e-3;
    info.size_option = "length";

    OptionDescriptor length;
    length.name = "length";
    length.label = "Length";
    length.type = OptionType::integer;
    length.default_value = 10;
    length.minimum = 1;
    length.maximum = 512;
    length.unit = "rows";
    length.help = "Number of prefix rows in every attention.";
    length.source = "Li & Liang 2021, §7.2: 10 for E2E, 200 for XSum";

    OptionDescriptor sites;
    sites.name = "sites";
    sites.label = "Attentions";
    sites.type = OptionType::sites;
    sites.default_value = "kv";
    sites.help = "Attentions with a prefix: kv = all (encoder, decoder and cross), or addresses "
                 "(decoder.*.self_attn.kv).";
    sites.source = "Li & Liang 2021, §4.1: three prefixes in an encoder-decoder; PEFT: decoder self-attention only";

    OptionDescriptor reparam;
    reparam.name = "reparametrisation";
    reparam.label = "Reparametrisation";
    reparam.type = OptionType::choice;
    reparam.default_value = "mlp";
    reparam.choices = {{"mlp", "MLP", "fc2(tanh(fc1(wte))), one network for all layers; dropped after training."},
                       {"none", "none", "The rows are trained themselves."}};
    reparam.help = "Where the rows come from while they are trained.";
    reparam.source = "Li & Liang 2021, §4.3; P-tuning v2 and PEFT: none";

    OptionDescriptor hidden;
    hidden.name = "hidden";
    hidden.label = "Hidden size";
    hidden.type = OptionType::integer;
    hidden.default_value = 512;
    hidden.minimum = 1;
    hidden.maximum = 65536;
    hidden.help = "Width of the MLP's hidden layer.";
    hidden.source = "Li & Liang 2021: 512 (table-to-text), 800 (XSum)";
    hidden.only_when_name = "reparametrisation";
    hidden.only_when_values = {"mlp"};

    OptionDescriptor deviation;
    deviation.name = "init_std";
    deviation.label = "Init deviation";
    deviation.type = OptionType::real;
    deviation.default_value = 0.02;
    deviation.minimum = 0;
    deviation.maximum = 10;
    deviation.help = "Standard deviation of the first values of the rows; 0 = zeros.";
    deviation.source = "He et al. 2022: 0.02; PEFT and AdapterHub: 1";
    deviation.only_when_name = "reparametrisation";
    deviation.only_when_values = {"none"};

    OptionDescriptor shift;
    shift.name = "position_shift";
    shift.label = "Positions";
    shift.type = OptionType::choice;
    shift.default_value = "by_length";
    shift.choices = {
        {"by_length", "shifted", "Real tokens stand behind the prefix: their positions begin at its length."},
        {"none", "as without a prefix", "Positions of real tokens begin at 0."}};
    shift.help = "Positions of real tokens where self-attention has a prefix (learned and rotary positions).";
    shift.source = "shifted: Li & Liang 2021 on GPT-2, P-tuning v2, PEFT; not shifted: He et al. 2022, AdapterHub";
    shift.advanced = true;

    OptionDescriptor relative;
    relative.name = "relative_bias";
    relative.label = "Relative positions";
    relative.type = OptionType::choice;
    relative.default_value = "extended";
    relative.choices = {{"extended", "counted", "Prefix rows are keys in front of the text, with a bias by distance."},
                        {"zero", "zero", "Prefix rows get no bias."}};
    relative.help = "Bias of prefix rows in backbones with relative positions (T5); distances in the text stay.";
    relative.source = "counted: PEFT; zero: OpenDelta";
    relative.advanced = true;

    info.options = {length, sites, reparam, hidden, deviation, shift, relative};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::int64_t rows = options.integer("length"), hidden_size = options.integer("hidden");
        ParameterCounts counts;
        for (const PrefixGroup& group : prefix_groups(config, options)) {
            const std::int64_t columns = group.slices() * group.width;
            counts.stored += rows * columns;
            counts.trained +=
                options.text("reparametrisation") == "none"
                    ? rows * columns
                    : rows * config.width + hidden_size * (config.width + 1) + columns * (hidden_size + 1);
        }
        counts.stored_bits = 32 * counts.stored;
        counts.head = head_parameter_count(config, task);
        return counts;
    };
    info.caption = [](const OptionValues& options) {
        return "length " + std::to_string(options.integer("length")) +
               (options.text("reparametrisation") == "mlp" ? ", mlp" : "");
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        return drawings_at(match_sites(config, options.text("sites")), DeltaGlyph::prefix,
                           "P " + std::to_string(options.integer("length")));
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        prefix_groups(config, options); // throws for addresses that are none
        const bool shifted =
            options.text("position_shift") == "by_length" && config.positions != PositionKind::relative;
        return !shifted || options.integer("length") * 2 <= config.max_positions
                   ? std::string()
                   : "a prefix of this length leaves too few of the backbone's " +
                         std::to_string(config.max_positions) + " positions";
    };
    info.traps = {
        "Whether real tokens keep their positions differs between libraries: it is the option `position_shift`.",
        "Relative positions (T5) have two readings of a prefix: `relative_bias`; the distances between real tokens "
        "never change.",
        "An encoder-decoder has three prefixes (encoder, decoder, cross), each with its own MLP; PEFT's folders reach "
        "the decoder's self-attention only.",
        "Rows are not rotated: rotary backbones see them as they are."};
    return info;
}

} // namespace diapason
