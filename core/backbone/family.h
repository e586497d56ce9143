// A family of backbones as data: how config.json is read, how its tensors are called, how its layers are put together.
// One file per family (family_<name>.cpp); everything else in core/ and methods/ works from these descriptions.
#pragma once

#include "core/backbone/config_reader.h"
#include "core/backbone/sites.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// What a model expects of a file.
struct ExpectedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
    bool optional = false; ///< a head, for instance: made fresh when it is absent
    bool constant = false; ///< never trained, not even by full tuning
};

/// A linear map of every layer. GPT-2 stores q, k and v as one tensor: three maps of the same name.
struct MapLayout {
    std::string sublayer; ///< self_attn, cross_attn, ffn
    std::string point;    ///< q k v o fc1 fc2 gate
    std::string name;     ///< of the module, relative to the layer: "attention.self.query"
    bool bias = true;
    std::int64_t part = 0, parts = 1; ///< which of several equal parts of the tensor this map is
};

/// One stack of layers. Names are of modules, without ".weight"; an empty one means that there is no such module.
struct StackLayout {
    std::string words;     ///< token embedding
    std::string positions; ///< learned positions
    std::string types;     ///< token types
    std::int64_t position_rows = 0;
    std::string embedding_norm;
    std::string layer; ///< prefix of a layer, '#' stands for its number: "bert.encoder.layer.#."
    std::vector<MapLayout> maps;
    std::string self_norm, cross_norm, ffn_norm; ///< relative to the layer
    std::string final_norm;
    std::string relative_bias;     ///< table of relative positions that all layers share (T5)
    bool norm_bias = true;         ///< false: RMSNorm
    bool pad_learns = false;       ///< whether the vector of the padding token is trained where the input holds it
    bool input_major_maps = false; ///< weights are stored [in, out] (GPT-2)
};

/// Names of task heads; an empty one means that the family has no such head.
struct HeadLayout {
    std::string pooler;                   ///< tanh pooler of the backbone, read when there is no other head
    bool classifier_reads_pooler = false; ///< BERT; the pooler is then made with the head where the file has none
    std::string classifier_dense;         ///< dense layer in front of the classifier, part of the head (RoBERTa)
    std::string classifier;               ///< sequence classification
    bool classifier_bias = true;
    std::string tagger;        ///< token classification
    std::string span;          ///< extractive span
    std::string language;      ///< untied output of a language model
    std::string language_bias; ///< constant added to the logits, [1, vocabulary], a full name; absent means 0
    std::string masked_dense, masked_norm; ///< transform in front of a masked language model's output
    std::string masked_bias;
    std::string masked_output; ///< the output itself where it is not tied, with a bias of its own
};

/// What a tensor of a file is called here.
struct CanonicalName {
    std::string name;  ///< empty: skip it
    bool copy = false; ///< an alias that old files hold beside the tensor itself: used only when that is absent
};

/// The module of a linear map in the files: "bert.encoder.layer.0.attention.self.query".
struct MapModule {
    std::string name;
    MapLayout layout;
};
MapModule module_of(const BackboneConfig& config, const Site& site); ///< @throws std::logic_error when it is no map

/// The prefix of a layer: its number in place of '#'.
std::string in_layer(const std::string& prefix, std::int64_t layer);

struct BackboneFamily {
    std::string name;                     ///< "bert"
    std::vector<std::string> model_types; ///< of config.json
    void (*read)(ConfigReader&, BackboneConfig&);
    std::vector<StackLayout> (*stacks)(const BackboneConfig&); ///< parallel to BackboneConfig::stacks()
    HeadLayout (*heads)(const BackboneConfig&);
    CanonicalName (*canonical)(const std::string& name);
};

/// All families; a new one is a file and a line in family.cpp.
const std::vector<BackboneFamily>& backbone_families();
const BackboneFamily& family_of(const BackboneConfig& config); ///< @throws std::logic_error

enum class HeadKind {
    none,
    sequence_classification,
    token_classification,
    extractive_span,
    causal_lm,
    masked_lm,
    seq2seq_lm
};
/// "sequence_classification", … as in case files and TaskShape::head.
const char* name_of(HeadKind kind);
HeadKind head_kind_from(const std::string& name); ///< @throws Error(input) "unsupported: …"

/// Tensors of the backbone alone, in data-flow order, without pooler.
std::vector<ExpectedTensor> backbone_tensors(const BackboneConfig& config);
/// Tensors of a head: those of the pretrained model (a pooler, a language model's output) and those that a study
/// trains. @throws Error(config) when the family has no such head
struct HeadTensors {
    std::vector<ExpectedTensor> pretrained;
    std::vector<ExpectedTensor> trained; ///< all optional in a file
};
HeadTensors head_tensors(const BackboneConfig& config, HeadKind kind, std::int64_t labels);

// Helpers of family files.
bool strip_prefix(std::string& text, const std::string& prefix);
bool replace_ending(std::string& text, const std::string& ending, const std::string& by);
void read_sizes(ConfigReader& in, BackboneConfig& c); ///< the fields that BERT-like and Llama-like configs share
void read_labels(ConfigReader& in, BackboneConfig& c);
/// How many tokens, soft prompts included, find a row of learned positions.
std::int64_t text_positions(const BackboneConfig& config);
/// A setting that changes what is computed, and that this family does not compute.
void refuse_true(ConfigReader& in, const char* name, const char* why);

BackboneFamily bert_family();
BackboneFamily roberta_family();
BackboneFamily gpt2_family();
BackboneFamily llama_family();
BackboneFamily t5_family();
BackboneFamily bart_family();

} // namespace diapason
