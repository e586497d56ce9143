// One stack of equal transformer layers with its embeddings: an encoder or a decoder.
#pragma once

#include "core/backbone/family.h"
#include "core/model/deltas.h"
#include "core/model/layers.h"
#include "core/model/packed_batch.h"

#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace diapason {

/// Where the sequences lie in a stack's rows, T'. With an embedding delta of length P every sequence has P more rows
/// than the batch has tokens.
struct RowLayout {
    std::vector<std::int64_t> offsets; ///< B+1, of T'
    std::int64_t prompt = 0;           ///< P

    static RowLayout of(const PackedTokens& tokens, const EmbeddingDelta* prompt);
};

/// Hidden states of a stack.
struct StackStates : RowLayout {
    at::Tensor last; ///< [T', width], after the final norm where the family has one; or only the rows asked for
    std::vector<at::Tensor> all; ///< 0 = embeddings, then after each layer; filled on request
};

/// What a decoder keeps between the steps of a generation: keys and values of every layer.
struct DecoderCache {
    std::vector<KeyValues> self, cross;      ///< one a layer
    std::vector<std::int64_t> offsets;       ///< B+1, of the rows in `self`; empty before the first step
    std::vector<std::int64_t> cross_offsets; ///< of the rows in `cross`; empty without an encoder

    /// Sequence i becomes what sequence parents[i] was: a sequence may go on twice, or not at all.
    void select(const std::vector<std::int64_t>& parents);
};

/// What a forward pass of a stack has to give.
struct StackRequest {
    bool keep_all = false; ///< the states of every layer too; the last one has only the rows that are read
    /// Rows of T' that are read, in this order; null = all. The last layer computes little beyond them: other rows give
    /// it keys and values only.
    const std::vector<std::int64_t>* rows = nullptr;
    DecoderCache* cache = nullptr; ///< null = every sequence is new. Otherwise its tokens go on from what is cached
    /// Layers `begin` to `end` only. A pass that begins above 0 is given the states that enter there, in place of
    /// embeddings: all rows, or behind the last layer those that are read. A pass with an end gives the states that
    /// enter layer `end`, before the final norm; -1 = to the very end.
    std::int64_t begin = 0, end = -1;
    at::Tensor entering = {};
};

/// What a layer does with one of its sublayers: x + f(norm(x)) or norm(x + f(x)), with the deltas at the site `block`.
struct Block {
    Norm norm;
    std::vector<std::unique_ptr<BlockDelta>> deltas;
};

/// Self-attention, in a decoder beside an encoder cross attention, feed-forward.
struct Layer {
    Attention self, cross;
    FeedForward ffn;
    Block self_block, cross_block, ffn_block;
    bool has_cross = false;
};

struct Stack {
    const BackboneConfig* config = nullptr;
    StackShape shape;
    Table words, positions, types; ///< positions: those that are learned
    std::string words_module; ///< "encoder.embed_tokens": the name of the stack's own table, which stacks may share
    Parameter* relative = nullptr;                     ///< buckets of relative positions
    Norm embedding_norm, final_norm;                   ///< weight null: none
    std::vector<std::unique_ptr<StreamDelta>> entered; ///< deltas behind the embeddings
    std::vector<Layer> layers;
    std::int64_t position_shift = 0; ///< added to every position: what prefixes that take positions ask for
    bool prefix_biased = true;       ///< relative positions count prefix rows as keys; otherwise their bias is 0
    bool prefix_passed = true; ///< relative positions of queries count the rows in front; otherwise they begin at 0

    /// @param encoder what cross attention reads; null for the first stack
    StackStates forward(const PackedTokens& tokens, EmbeddingDelta* prompt, const StackStates* encoder,
                        const ForwardState& state, const StackRequest& request) const;

private:
    /// What the first layer reads. @param position of every row, which a prompt moves
    at::Tensor embed(const PackedTokens& tokens, EmbeddingDelta* prompt, const ForwardState& state,
                     at::Tensor& position) const;
    at::Tensor run_layer(std::size_t index, const at::Tensor& x, const AttentionContext& self,
                         const StackStates* encoder, const ForwardState& state, DecoderCache* cache,
                         const at::Tensor& queries) const;
    void check_positions(std::int64_t length) const; ///< @throws Error(config) when a sequence is longer than they are
    std::int64_t longest_prefix() const;             ///< of self-attention that is biased
};

/// @param config must outlive the stack
Stack build_stack(const BackboneConfig& config, const StackShape& shape, const StackLayout& layout,
                  ParameterStore& store);

/// The attention of a layer: self_attn or cross_attn. @throws std::logic_error
Attention& attention_of(Layer& layer, const std::string& sublayer);

/// The block of a layer: self_attn, cross_attn or ffn. @throws std::logic_error
Block& block_of(Layer& layer, const std::string& sublayer);

/// Sublayer, point and map, in data-flow order.
std::vector<std::tuple<std::string, std::string, Linear*>> linears_of(Layer& layer);

} // namespace diapason
