// RoBERTa (Liu et al. 2019): BERT whose positions begin at padding id + 1, with heads of its own.

#include "core/backbone/family.h"

namespace diapason {
namespace {

void read(ConfigReader& in, BackboneConfig& c) {
    bert_family().read(in, c);
    c.pad_id = c.pad_id < 0 ? 1 : c.pad_id;
    c.position_offset = c.pad_id + 1;
    if (!in.has("type_vocab_size")) c.type_vocabulary = 1;
}

std::string renamed(std::string text) {
    strip_prefix(text, "bert.");
    return "roberta." + text;
}

std::vector<StackLayout> stacks(const BackboneConfig& c) {
    StackLayout layout = bert_family().stacks(c).front();
    for (std::string* name : {&layout.words, &layout.positions, &layout.types, &layout.embedding_norm, &layout.layer})
        *name = renamed(*name);
    return {layout};
}

HeadLayout heads(const BackboneConfig&) {
    HeadLayout layout;
    layout.pooler = "roberta.pooler.dense";
    layout.classifier_dense = "classifier.dense";
    layout.classifier = "classifier.out_proj";
    layout.tagger = "classifier";
    layout.span = "qa_outputs";
    layout.masked_dense = "lm_head.dense";
    layout.masked_norm = "lm_head.layer_norm";
    layout.masked_bias = "lm_head.bias";
    layout.masked_output = "lm_head.decoder";
    return layout;
}

CanonicalName canonical(const std::string& file_name) {
    std::string name = file_name;
    for (const char* bare : {"embeddings.", "encoder.", "pooler."}) {
        if (name.rfind(bare, 0) == 0) name = "roberta." + name;
    }
    if (name.ends_with("embeddings.position_ids")) return {};
    if (name == "lm_head.decoder.weight") return {"roberta.embeddings.word_embeddings.weight", true};
    if (name == "lm_head.decoder.bias") return {"lm_head.bias", true};
    replace_ending(name, ".gamma", ".weight");
    replace_ending(name, ".beta", ".bias");
    return {name};
}

} // namespace

BackboneFamily roberta_family() {
    return {"roberta", {"roberta", "xlm-roberta"}, read, stacks, heads, canonical};
}

} // namespace diapason
