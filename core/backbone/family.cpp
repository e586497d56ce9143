#include "core/backbone/family.h"

#include "core/base/error.h"

#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace diapason {
namespace {

const std::pair<HeadKind, const char*> head_names[] = {{HeadKind::none, "none"},
                                                       {HeadKind::sequence_classification, "sequence_classification"},
                                                       {HeadKind::token_classification, "token_classification"},
                                                       {HeadKind::extractive_span, "extractive_span"},
                                                       {HeadKind::causal_lm, "causal_lm"},
                                                       {HeadKind::masked_lm, "masked_lm"},
                                                       {HeadKind::seq2seq_lm, "seq2seq_lm"}};

} // namespace

std::string in_layer(const std::string& prefix, std::int64_t layer) {
    std::string text = prefix;
    if (const auto mark = text.find('#'); mark != std::string::npos) text.replace(mark, 1, std::to_string(layer));
    return text;
}

MapModule module_of(const BackboneConfig& config, const Site& site) {
    const std::vector<StackShape> shapes = config.stacks();
    const std::vector<StackLayout> layouts = family_of(config).stacks(config);
    for (std::size_t s = 0; s < shapes.size(); ++s) {
        if (shapes[s].name != site.stack) continue;
        for (const MapLayout& map : layouts[s].maps) {
            if (map.sublayer == site.sublayer && map.point == site.point)
                return {in_layer(layouts[s].layer, site.layer) + map.name, map};
        }
    }
    throw std::logic_error("no linear map at " + site.address());
}

const std::vector<BackboneFamily>& backbone_families() {
    static const std::vector<BackboneFamily> families = {bert_family(),  roberta_family(), gpt2_family(),
                                                         llama_family(), t5_family(),      bart_family()};
    return families;
}

const BackboneFamily& family_of(const BackboneConfig& config) {
    for (const BackboneFamily& family : backbone_families()) {
        if (family.name == config.family) return family;
    }
    throw std::logic_error("no family named " + config.family);
}

const char* name_of(HeadKind kind) {
    for (const auto& [candidate, name] : head_names) {
        if (candidate == kind) return name;
    }
    return "none";
}

HeadKind head_kind_from(const std::string& name) {
    for (const auto& [kind, candidate] : head_names) {
        if (name == candidate) return kind;
    }
    throw Error(ErrorKind::input, "unsupported: the head " + name);
}

std::vector<ExpectedTensor> backbone_tensors(const BackboneConfig& c) {
    std::vector<ExpectedTensor> list;
    std::unordered_set<std::string> known; // stacks share an embedding, and maps a tensor
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
        if (known.insert(name).second) list.push_back({name, std::move(shape)});
    };
    const std::vector<StackShape> shapes = c.stacks();
    const std::vector<StackLayout> layouts = family_of(c).stacks(c);
    for (std::size_t s = 0; s < shapes.size(); ++s) {
        const StackShape& shape = shapes[s];
        const StackLayout& layout = layouts[s];
        const auto norm = [&](const std::string& name) {
            if (name.empty()) return;
            add(name + ".weight", {c.width});
            if (layout.norm_bias) add(name + ".bias", {c.width});
        };
        add(layout.words + ".weight", {c.vocabulary, c.width});
        if (!layout.positions.empty()) add(layout.positions + ".weight", {layout.position_rows, c.width});
        if (!layout.types.empty()) add(layout.types + ".weight", {c.type_vocabulary, c.width});
        if (!layout.relative_bias.empty()) add(layout.relative_bias + ".weight", {c.relative_buckets, shape.heads});
        norm(layout.embedding_norm);
        for (std::int64_t i = 0; i < shape.layers; ++i) {
            const std::string prefix = in_layer(layout.layer, i);
            for (const MapLayout& map : layout.maps) {
                const auto [in, out] = map_size(c, shape, map.point);
                const std::int64_t rows = out * map.parts;
                add(prefix + map.name + ".weight",
                    layout.input_major_maps ? std::vector{in, rows} : std::vector{rows, in});
                if (map.bias) add(prefix + map.name + ".bias", {rows});
            }
            norm(prefix + layout.self_norm);
            if (!layout.cross_norm.empty()) norm(prefix + layout.cross_norm);
            norm(prefix + layout.ffn_norm);
        }
        norm(layout.final_norm);
    }
    return list;
}

HeadTensors head_tensors(const BackboneConfig& c, HeadKind kind, std::int64_t labels) {
    const HeadLayout layout = family_of(c).heads(c);
    HeadTensors tensors;
    const auto refuse = [&]() -> HeadTensors {
        throw config_error("head", name_of(kind), c.family + " backbones have no such head");
    };
    const auto dense = [&](std::vector<ExpectedTensor>& list, const std::string& name, std::int64_t out, bool bias,
                           bool optional) {
        list.push_back({name + ".weight", {out, c.width}, optional});
        if (bias) list.push_back({name + ".bias", {out}, optional});
    };
    switch (kind) {
    case HeadKind::none:
        if (!layout.pooler.empty() && c.stored_pooler) dense(tensors.pretrained, layout.pooler, c.width, true, false);
        return tensors;
    case HeadKind::sequence_classification:
        if (layout.classifier.empty()) return refuse();
        // A pooler that came with the backbone stays frozen; one that has to be made is part of the head.
        if (layout.classifier_reads_pooler)
            dense(c.stored_pooler ? tensors.pretrained : tensors.trained, layout.pooler, c.width, true,
                  !c.stored_pooler);
        if (!layout.classifier_dense.empty()) dense(tensors.trained, layout.classifier_dense, c.width, true, true);
        dense(tensors.trained, layout.classifier, labels, layout.classifier_bias, true);
        return tensors;
    case HeadKind::token_classification:
        if (layout.tagger.empty()) return refuse();
        dense(tensors.trained, layout.tagger, labels, true, true);
        return tensors;
    case HeadKind::extractive_span:
        if (layout.span.empty()) return refuse();
        dense(tensors.trained, layout.span, 2, true, true);
        return tensors;
    case HeadKind::masked_lm:
        if (layout.masked_dense.empty()) return refuse();
        dense(tensors.pretrained, layout.masked_dense, c.width, true, false);
        tensors.pretrained.push_back({layout.masked_norm + ".weight", {c.width}});
        tensors.pretrained.push_back({layout.masked_norm + ".bias", {c.width}});
        tensors.pretrained.push_back({layout.masked_bias, {c.vocabulary}});
        if (!c.tied_head) {
            tensors.pretrained.push_back({layout.masked_output + ".weight", {c.vocabulary, c.width}});
            tensors.pretrained.push_back({layout.masked_output + ".bias", {c.vocabulary}, true});
        }
        return tensors;
    case HeadKind::causal_lm:
    case HeadKind::seq2seq_lm:
        if (c.encoder_decoder != (kind == HeadKind::seq2seq_lm) || !(c.causal || c.encoder_decoder)) return refuse();
        if (!c.tied_head) tensors.pretrained.push_back({layout.language + ".weight", {c.vocabulary, c.width}});
        if (!layout.language_bias.empty())
            tensors.pretrained.push_back({layout.language_bias, {1, c.vocabulary}, true, true});
        return tensors;
    }
    return tensors;
}

bool strip_prefix(std::string& text, const std::string& prefix) {
    if (text.rfind(prefix, 0) != 0) return false;
    text.erase(0, prefix.size());
    return true;
}

bool replace_ending(std::string& text, const std::string& ending, const std::string& by) {
    if (!text.ends_with(ending)) return false;
    text.replace(text.size() - ending.size(), ending.size(), by);
    return true;
}

std::int64_t text_positions(const BackboneConfig& config) {
    return family_of(config).stacks(config).front().position_rows - config.position_offset;
}

void refuse_true(ConfigReader& in, const char* name, const char* why) {
    if (in.flag(name, false)) in.add(name, "true", std::string("unsupported: ") + why);
}

void read_labels(ConfigReader& in, BackboneConfig& c) {
    c.problem_type = in.text("problem_type", "");
    if (const Json* names = in.find("id2label"); names != nullptr && names->is_object())
        c.labels = static_cast<std::int64_t>(names->size());
    c.labels = in.size("num_labels", 1'000'000, c.labels);
    c.pad_id = in.token("pad_token_id");
    c.bos_id = in.token("bos_token_id");
    c.eos_id = in.token("eos_token_id");
    c.vocabulary = in.size("vocab_size", max_vocabulary);
}

void read_sizes(ConfigReader& in, BackboneConfig& c) {
    read_labels(in, c);
    c.layers = in.size("num_hidden_layers", max_layers);
    c.width = in.size("hidden_size", max_width);
    c.heads = in.size("num_attention_heads", 4096);
    c.kv_heads = in.size("num_key_value_heads", 4096, c.heads);
    c.ffn_width = in.size("intermediate_size", 16 * max_width);
    c.initializer_range = in.real("initializer_range", 0.02, 0, 10);
    c.head_width = in.size("head_dim", max_width, std::max<std::int64_t>(1, c.width / c.heads));
    if (!in.has("head_dim") && c.width % c.heads != 0) {
        in.add("num_attention_heads", std::to_string(c.heads),
               "does not divide hidden_size " + std::to_string(c.width));
    }
    if (c.heads % c.kv_heads != 0) {
        in.add("num_key_value_heads", std::to_string(c.kv_heads),
               "does not divide num_attention_heads " + std::to_string(c.heads));
    }
}

} // namespace diapason
