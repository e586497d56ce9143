// BERT (Devlin et al. 2019): post-norm encoder, learned absolute positions, token types, erf GELU.

#include "core/backbone/family.h"

namespace diapason {
namespace {

void read(ConfigReader& in, BackboneConfig& c) {
    read_sizes(in, c);
    c.kv_heads = c.heads;
    c.max_positions = in.size("max_position_embeddings", max_position_count, 512);
    c.type_vocabulary = in.size("type_vocab_size", 65536, 2);
    c.activation = in.activation("hidden_act", "gelu");
    c.norm_eps = in.real("layer_norm_eps", 1e-12, 0, 1);
    c.hidden_dropout = c.embedding_dropout = in.real("hidden_dropout_prob", 0.1, 0, 1);
    c.attention_dropout = in.real("attention_probs_dropout_prob", 0.1, 0, 1);
    c.tied_head = in.flag("tie_word_embeddings", true);
    refuse_true(in, "is_decoder", "causal attention is not supported in this family");
    refuse_true(in, "add_cross_attention", "cross attention is not supported in this family");
    const std::string positions = in.text("position_embedding_type", "absolute");
    if (positions != "absolute") in.add("position_embedding_type", positions, "only absolute positions are supported");
}

std::vector<StackLayout> stacks(const BackboneConfig& c) {
    StackLayout layout;
    layout.words = "bert.embeddings.word_embeddings";
    layout.positions = "bert.embeddings.position_embeddings";
    layout.position_rows = c.max_positions;
    layout.types = "bert.embeddings.token_type_embeddings";
    layout.embedding_norm = "bert.embeddings.LayerNorm";
    layout.layer = "bert.encoder.layer.#.";
    layout.maps = {{"self_attn", "q", "attention.self.query"}, {"self_attn", "k", "attention.self.key"},
                   {"self_attn", "v", "attention.self.value"}, {"self_attn", "o", "attention.output.dense"},
                   {"ffn", "fc1", "intermediate.dense"},       {"ffn", "fc2", "output.dense"}};
    layout.self_norm = "attention.output.LayerNorm";
    layout.ffn_norm = "output.LayerNorm";
    return {layout};
}

HeadLayout heads(const BackboneConfig&) {
    HeadLayout layout;
    layout.pooler = "bert.pooler.dense";
    layout.classifier_reads_pooler = true;
    layout.classifier = layout.tagger = "classifier";
    layout.span = "qa_outputs";
    layout.masked_dense = "cls.predictions.transform.dense";
    layout.masked_norm = "cls.predictions.transform.LayerNorm";
    layout.masked_bias = "cls.predictions.bias";
    layout.masked_output = "cls.predictions.decoder";
    return layout;
}

CanonicalName canonical(const std::string& file_name) {
    std::string name = file_name;
    for (const char* bare : {"embeddings.", "encoder.", "pooler."}) {
        if (name.rfind(bare, 0) == 0) name = "bert." + name;
    }
    if (name.ends_with("embeddings.position_ids") || name.rfind("cls.seq_relationship.", 0) == 0) return {};
    // The decoder is the word embedding, its bias is cls.predictions.bias: old files hold copies.
    if (name == "cls.predictions.decoder.weight") return {"bert.embeddings.word_embeddings.weight", true};
    if (name == "cls.predictions.decoder.bias") return {"cls.predictions.bias", true};
    replace_ending(name, ".gamma", ".weight");
    replace_ending(name, ".beta", ".bias");
    return {name};
}

} // namespace

BackboneFamily bert_family() {
    return {"bert", {"bert"}, read, stacks, heads, canonical};
}

} // namespace diapason
