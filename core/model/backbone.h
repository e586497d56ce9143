// A frozen pretrained transformer that calls its sites: one stack of layers, or an encoder and a decoder. What differs
// between families is data (core/backbone/family.h).
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/backbone/sites.h"
#include "core/model/deltas.h"
#include "core/model/packed_batch.h"
#include "core/model/parameters.h"
#include "core/model/stack.h"

#include <string>
#include <utility>
#include <vector>

namespace diapason {

/// Hidden states of a forward pass: of the stack that a head reads, and of the encoder beside it.
struct HiddenStates : StackStates {
    StackStates encoder; ///< with two stacks
};

/// A table of embeddings with its address and its module's name in the files.
struct NamedTable {
    std::string address; ///< "encoder.embedding.words"
    std::string module;  ///< "bert.embeddings.word_embeddings"
    Table* table = nullptr;
};

class Backbone {
public:
    /// @param store holds the tensors of backbone_tensors(config)
    Backbone(const BackboneConfig& config, ParameterStore& store);
    Backbone(const Backbone&) = delete; // stacks point at the config
    Backbone& operator=(const Backbone&) = delete;

    const BackboneConfig& config() const { return m_config; }

    /// @param prompt null = none; its rows go in front of every input, positions count on through them
    /// @param rows of the stack that the head reads; null = all
    HiddenStates forward(const PackedBatch& batch, EmbeddingDelta* prompt, const ForwardState& state,
                         bool keep_all = false, const std::vector<std::int64_t>* rows = nullptr) const;
    /// The rows that the head reads from, before they are computed.
    RowLayout layout(const PackedBatch& batch, const EmbeddingDelta* prompt) const;

    /// The linear map at a site, for deltas. @throws std::logic_error when the site is none
    Linear& linear_at(const Site& site);
    /// All linear maps with their sites, in data-flow order.
    const std::vector<std::pair<Site, Linear*>>& linears() const { return m_linears; }
    /// The tables of tokens, positions and types, for deltas.
    std::vector<NamedTable> tables();
    /// The stacks, encoder first; for decoding step by step.
    const std::vector<Stack>& stacks() const { return m_stacks; }
    /// One of them, for what concerns it as a whole. @throws std::logic_error
    Stack& stack(const std::string& name);
    /// The attention that a site lies in, for deltas at its points `kv` and `heads`. @throws std::logic_error
    Attention& attention_at(const Site& site);
    /// The block of a site's sublayer, for deltas at the point `block`. @throws std::logic_error
    Block& block_at(const Site& site);
    /// Moves the positions of a stack's tokens by `count` more: prefixes that take positions, each for itself, so that
    /// their order does not matter.
    void shift_positions(const std::string& stack_name, std::int64_t count);
    /// Token embedding, [vocabulary, width].
    Parameter& word_embedding() { return *m_stacks.front().words.weight; }

private:
    Layer& layer_at(const Site& site);

    BackboneConfig m_config;
    std::vector<Stack> m_stacks;
    std::vector<std::pair<Site, Linear*>> m_linears;
};

} // namespace diapason
