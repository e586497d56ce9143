// Models of a few thousand parameters and a learnable batch for them.
#pragma once

#include "core/model/model.h"
#include "core/model/torch_headers.h"
#include "tests/support/test_support.h"

#include <ATen/CPUGeneratorImpl.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace diapason::testing {

inline at::Generator generator(std::uint64_t seed) {
    return at::make_generator<at::CPUGeneratorImpl>(seed);
}

inline BackboneConfig tiny_config(const std::string& family) {
    Json document = {{"vocab_size", 60},         {"hidden_size", 16},       {"num_hidden_layers", 3},
                     {"num_attention_heads", 4}, {"intermediate_size", 24}, {"max_position_embeddings", 64},
                     {"initializer_range", 0.2}};
    document["model_type"] = family;
    if (family == "bert") {
        document["type_vocab_size"] = 2;
        document["hidden_act"] = "gelu";
    } else {
        document["num_key_value_heads"] = 2;
        document["hidden_act"] = "silu";
        document["rms_norm_eps"] = 1e-6;
    }
    return parse_backbone_config(document, "tiny " + family);
}

inline std::unique_ptr<Model> tiny_model(const std::string& family, HeadSpec head, at::Device device = at::kCPU,
                                         std::uint64_t seed = 5) {
    at::Generator generator = testing::generator(seed);
    return Model::create(tiny_config(family), head, device, &generator);
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
        } else {
            for (std::size_t t = 0; t < length; ++t)
                sequence.labels.push_back(t + 1 < length ? (t % 2 ? first : sequence.ids[t + 1]) : -100);
        }
        sequences.push_back(sequence);
    }
    return sequences;
}

} // namespace diapason::testing
