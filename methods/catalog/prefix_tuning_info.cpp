// Prefix-tuning (Li & Liang 2021), and P-tuning v2's deep prompts: trained rows in front of every layer's keys and
// values.
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "methods/catalog/infos.h"
#include "methods/catalog/prefix_plan.h"

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

std::int64_t shifted_positions(const BackboneConfig& config, const OptionValues& options) {
    const bool shifted = options.text("position_shift") == "by_length" && config.positions != PositionKind::relative;
    return shifted ? options.integer("length") : 0;
}

std::string position_refusal(const BackboneConfig& config, const OptionValues& options) {
    return shifted_positions(config, options) * 2 <= config.max_positions
               ? std::string()
               : "a prefix of this length leaves too few of the backbone's " + std::to_string(config.max_positions) +
                     " positions";
}

MethodInfo prefix_tuning_info() {
    MethodInfo info;
    info.id = "prefix_tuning";
    info.label = "Prefix-tuning";
    info.paper = "Li & Liang 2021";
    info.formula = "attention(q, [P_k; k], [P_v; v]) in every layer";
    info.summary = "Trains keys and values that are prepended to those of every layer.";
    info.colour_slot = 4;
    info.default_learning_rate = 5e-3;
    info.size_option = "length";

    const OptionDescriptor length =
        option::in_units(option::integer("length", "Length", 10, 1, 512, "Number of prefix rows in every attention.",
                                         "Li & Liang 2021, §7.2: 10 for E2E, 200 for XSum"),
                         "rows");

    const OptionDescriptor depth = option::advanced(option::choice(
        "depth", "Trained", "every_layer",
        {{"every_layer", "keys and values of every layer", ""},
         {"embedding", "embeddings only",
          "Soft tokens, made by the same network: the backbone computes their activations. Without a "
          "network this is prompt tuning."}},
        "Which part of the virtual tokens is trained.", "Li & Liang 2021, §7.2 (embedding-only ablation)"));

    const OptionDescriptor placement = option::advanced(option::choice(
        "placement", "Placement", "prefix",
        {{"prefix", "[prefix; x; y]", "Before everything else."},
         {"infix", "[x; infix; y]", "Before the input's last token, which predicts what follows; decoders only."}},
        "Where the virtual tokens go.", "Li & Liang 2021, §7.3"));

    const OptionDescriptor composition = option::advanced(
        option::choice("composition", "Composition", "concat",
                       {{"concat", "among the keys", "Rows prepended to the text's keys and values."},
                        {"gated", "(1−λ)h + λΔh",
                         "An attention over the rows alone, mixed in by their share λ of the softmax: the same "
                         "function, written as a gated adapter."}},
                       "How the rows enter the attention over the text.", "He et al. 2022, eq. 5"));

    const OptionDescriptor sites = option::only_when(
        option::sites("sites", "Attentions", "kv",
                      "Attentions with a prefix: kv = all (encoder, decoder and cross), or addresses "
                      "(decoder.*.self_attn.kv).",
                      "Li & Liang 2021, §4.1: three prefixes in an encoder-decoder; PEFT: decoder self-attention only"),
        "depth", {"every_layer"});

    const OptionDescriptor reparam = option::choice(
        "reparametrisation", "Reparametrisation", "mlp",
        {{"mlp", "MLP", "fc2(tanh(fc1(wte))), one network for all layers; dropped after training."},
         {"none", "none", "The rows themselves are trained."}},
        "Where the rows come from during training.", "Li & Liang 2021, §4.3; P-tuning v2 and PEFT: none");

    const OptionDescriptor hidden =
        option::only_when(option::integer("hidden", "Hidden size", 512, 1, 65536, "Width of the MLP's hidden layer.",
                                          "Li & Liang 2021: 512 (table-to-text), 800 (XSum)"),
                          "reparametrisation", {"mlp"});

    const OptionDescriptor init =
        option::choice("init", "Init", "random",
                       {{"random", "random", "Rows: normal, with the given deviation; an MLP: as in new layers."},
                        {"text", "words' activations",
                         "Keys and values that the frozen backbone computes for a text, repeated or cut to the length; "
                         "an MLP is fitted to them first (500 steps of Adam at 1e-4, mean squared error)."}},
                       "Initial values of the rows.",
                       "Li & Liang 2021, §7.4: words of the task are best in low-data settings; fit: their code");

    const OptionDescriptor text = option::only_when(
        option::text("init_text", "Init text", "summarize the following text",
                     "Text whose activations are the initial values.", "Li & Liang 2021, §7.4 (fig. 5)"),
        "init", {"text"});

    const OptionDescriptor deviation = option::only_when(
        option::real("init_std", "Init deviation", 0.02, 0, 10,
                     "Standard deviation of the initial values of random rows without a network; 0 = zeros.",
                     "He et al. 2022: 0.02; PEFT and AdapterHub: 1"),
        "reparametrisation", {"none"});

    const OptionDescriptor shift = option::advanced(option::only_when(
        option::choice(
            "position_shift", "Positions", "by_length",
            {{"by_length", "shifted", "Real tokens come after the prefix: their positions begin at its length."},
             {"none", "as without a prefix", "Positions of real tokens begin at 0."}},
            "Positions of real tokens where self-attention has a prefix (learned and rotary positions).",
            "shifted: Li & Liang 2021 on GPT-2, P-tuning v2, PEFT; not shifted: He et al. 2022, AdapterHub"),
        "placement", {"prefix"}));

    const OptionDescriptor relative = option::advanced(option::choice(
        "relative_bias", "Relative positions", "extended",
        {{"extended", "counted", "Prefix rows are keys before the text, with a bias by distance."},
         {"zero", "zero", "Prefix rows get no bias."}},
        "Bias of prefix rows in backbones with relative positions (T5); distances within the text are unchanged.",
        "counted: PEFT; zero: OpenDelta"));

    info.options = {length, depth, placement, composition, sites, reparam,
                    hidden, init,  text,      deviation,   shift, relative};
    info.presets = {
        {"li2021_e2e", "E2E (GPT-2)", {{"length", 10}, {"hidden", 512}}},
        {"li2021_webnlg", "WebNLG (GPT-2)", {{"length", 5}, {"hidden", 512}}},
        {"li2021_xsum", "XSum (BART-large)", {{"length", 200}, {"hidden", 800}}},
        {"he2022_xsum", "XSum (He et al. 2022)", {{"length", 200}, {"hidden", 800}, {"position_shift", "none"}}},
        {"he2022_flat",
         "Without a network (He et al. 2022)",
         {{"reparametrisation", "none"}, {"init_std", 0.02}, {"position_shift", "none"}}},
        {"adapterhub", "AdapterHub", {{"length", 30}, {"hidden", 512}, {"position_shift", "none"}}},
        {"peft", "PEFT", {{"reparametrisation", "none"}, {"init_std", 1.0}}},
        {"peft_projection", "PEFT, prefix_projection", {{"reparametrisation", "mlp"}}}};
    info.count = [](const BackboneConfig& config, const TaskShape& task, const OptionValues& options) {
        const std::int64_t rows = options.integer("length"), hidden_size = options.integer("hidden");
        ParameterCounts counts;
        const auto add = [&](std::int64_t columns) {
            counts.stored += rows * columns;
            counts.trained +=
                options.text("reparametrisation") == "none"
                    ? rows * columns
                    : rows * config.width + hidden_size * (config.width + 1) + columns * (hidden_size + 1);
        };
        if (options.text("depth") == "embedding") {
            add(config.width);
        } else {
            for (const PrefixGroup& group : prefix_groups(config, options))
                add(group.slices() * group.width);
        }
        counts.stored_bits = 32 * counts.stored;
        counts.head = head_parameter_count(config, task);
        return counts;
    };
    info.drawing = [](const BackboneConfig& config, const OptionValues& options) {
        if (options.text("depth") != "every_layer")
            return std::vector<DeltaDrawing>{
                {"", "embedding", DeltaGlyph::prompt, "length " + std::to_string(options.integer("length"))}};
        return drawings_at(match_sites(config, options.text("sites")), DeltaGlyph::prefix,
                           "P " + std::to_string(options.integer("length")));
    };
    info.other_start = [](const OptionValues& options) {
        return std::string(options.text("depth") == "every_layer" ? "rows take their share of every softmax"
                                                                  : "soft tokens are read like words");
    };
    info.cost = [](const BackboneConfig& config, const OptionValues& options) {
        return MethodCost{0, 1, 1, static_cast<double>(shifted_positions(config, options))};
    };
    info.refusal = [](const BackboneConfig& config, const TaskShape&, const OptionValues& options) {
        const bool all = options.text("depth") == "every_layer", infix = options.text("placement") == "infix";
        const bool gated = options.text("composition") == "gated";
        const auto groups =
            all ? prefix_groups(config, options) : std::vector<PrefixGroup>(); // throws for no addresses
        if (gated && (infix || !all)) return std::string("only rows that are prepended in every layer have a gate");
        if (gated && config.positions == PositionKind::relative && options.text("relative_bias") == "extended")
            return std::string("gated rows are beside the text, at no distance from it: choose relative_bias zero");
        if (infix && (!config.causal || config.encoder_decoder))
            return std::string("an infix goes between the input and the output of a decoder");
        if (infix && all && std::ssize(groups.front().layers) != config.stacks().front().layers)
            return std::string("an infix needs all layers: its tokens are trained in each of them");
        return position_refusal(config, options);
    };
    info.traps = {
        "Whether real tokens keep their positions differs between libraries: option `position_shift`.",
        "Relative positions (T5) allow two readings of a prefix: option `relative_bias`; the distances between real "
        "tokens never change.",
        "An encoder-decoder has three prefixes (encoder, decoder, cross), each with its own MLP; PEFT's folders reach "
        "the decoder's self-attention only.",
        "Rows are not rotated: rotary backbones see them as they are."};
    return info;
}

} // namespace diapason
