// Models of a few thousand parameters and a learnable batch for them.
#pragma once

#include "core/model/model.h"
#include "core/model/torch_headers.h"
#include "tests/support/test_support.h"

#include <ATen/CPUGeneratorImpl.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace diapason::testing {

inline at::Generator generator(std::uint64_t seed) {
    return at::make_generator<at::CPUGeneratorImpl>(seed);
}

/// Every family; one that is added shows up in all tests by this list.
inline constexpr std::array all_families = {"bert", "roberta", "gpt2", "llama", "t5", "bart"};

/// As config.json.
inline Json tiny_document(const std::string& family) {
    Json document = {{"vocab_size", 60}, {"pad_token_id", 1}, {"decoder_start_token_id", 2}, {"eos_token_id", 2}};
    document["model_type"] = family;
    if (family == "gpt2") {
        document.update({{"n_layer", 3}, {"n_embd", 16}, {"n_head", 4}, {"n_positions", 64}, {"n_inner", 24}});
        document["initializer_range"] = 0.2;
    } else if (family == "t5") {
        // More decoder than encoder layers, and heads that are not width / d_kv.
        document.update({{"d_model", 16}, {"num_layers", 3}, {"num_decoder_layers", 4}, {"num_heads", 2}, {"d_kv", 6}});
        document.update({{"d_ff", 24}, {"feed_forward_proj", "gated-gelu"}, {"relative_attention_num_buckets", 8}});
        document["relative_attention_max_distance"] = 16;
    } else if (family == "bart") {
        document.update({{"d_model", 16}, {"encoder_layers", 3}, {"decoder_layers", 3}, {"encoder_ffn_dim", 24}});
        document.update({{"decoder_ffn_dim", 20}, {"encoder_attention_heads", 4}, {"decoder_attention_heads", 2}});
        document.update({{"max_position_embeddings", 64}, {"init_std", 0.2}, {"scale_embedding", true}});
    } else {
        document.update({{"hidden_size", 16}, {"num_hidden_layers", 3}, {"num_attention_heads", 4}});
        document.update({{"intermediate_size", 24}, {"max_position_embeddings", 64}, {"initializer_range", 0.2}});
        if (family == "mistral") document["sliding_window"] = 4;
        if (family == "llama" || family == "mistral")
            document.update({{"num_key_value_heads", 2}, {"hidden_act", "silu"}, {"rms_norm_eps", 1e-6}});
        else
            document.update({{"type_vocab_size", 2}, {"hidden_act", "gelu"}});
    }
    return document;
}

/// The same with equal heads in both stacks, which the AdapterHub library asks of models with prefixes.
inline Json even_document(const std::string& family) {
    Json document = tiny_document(family);
    if (family == "bart") document["decoder_attention_heads"] = document["encoder_attention_heads"];
    return document;
}

inline BackboneConfig tiny_config(const std::string& family) {
    return parse_backbone_config(tiny_document(family), "tiny " + family);
}

/// The heads that a family has.
inline std::vector<HeadSpec> heads_of(const std::string& family) {
    if (family == "t5" || family == "bart") return {{HeadKind::seq2seq_lm, 0}};
    const HeadKind language = family == "bert" || family == "roberta" ? HeadKind::masked_lm : HeadKind::causal_lm;
    return {{HeadKind::sequence_classification, 3}, {language, 0}};
}

inline std::unique_ptr<Model> model_of(const Json& document, HeadSpec head, at::Device device = at::kCPU,
                                       std::uint64_t seed = 5) {
    at::Generator generator = testing::generator(seed);
    return Model::create(parse_backbone_config(document, "tiny"), head, device, &generator);
}

inline std::unique_ptr<Model> tiny_model(const std::string& family, HeadSpec head, at::Device device = at::kCPU,
                                         std::uint64_t seed = 5) {
    return model_of(tiny_document(family), head, device, seed);
}

/// A few vectors in front of every input.
class TinyPrompt : public EmbeddingDelta {
public:
    std::int64_t length() const override { return 3; }
    at::Tensor rows() override { return at::randn({3, 16}, generator(9)); }
    bool pool_first_soft_token() const override { return false; }
};

inline std::unique_ptr<Model> language_model(const QString& family, bool prompt = false) {
    auto model = tiny_model(family.toStdString(), heads_of(family.toStdString()).back());
    if (prompt) model->set_prompt(std::make_unique<TinyPrompt>());
    return model;
}

/// Sequences of 3 to 9 tokens whose class, and whose next tokens, follow from their first token.
inline std::vector<Sequence> tiny_sequences(const HeadSpec& head, std::size_t count = 6, std::uint32_t seed = 3) {
    std::mt19937 random(seed);
    std::vector<Sequence> sequences;
    for (std::size_t i = 0; i < count; ++i) {
        Sequence sequence;
        const std::int64_t first = 10 + std::int64_t(i % 3);
        const std::size_t length = 3 + random() % 7;
        for (std::size_t t = 0; t < length; ++t)
            sequence.ids.push_back(t == 0 ? first : 20 + std::int64_t(random() % 30));
        if (head.kind == HeadKind::sequence_classification) {
            sequence.label = std::int64_t(i % std::size_t(head.labels));
        } else if (head.kind == HeadKind::seq2seq_lm) {
            sequence.labels = {first, 20 + first, 2};
            sequence.target_ids = {2, first, 20 + first};
        } else {
            for (std::size_t t = 0; t < length; ++t)
                sequence.labels.push_back(t + 1 < length ? (t % 2 ? first : sequence.ids[t + 1]) : -100);
        }
        sequences.push_back(sequence);
    }
    return sequences;
}

} // namespace diapason::testing
