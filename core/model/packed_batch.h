// The only data layout: the tokens of all sequences one after the other, and where each sequence begins. No padding.
#pragma once

#include "core/data/prompt_template.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace diapason {

/// One tokenised sequence with its labels, before packing.
struct Sequence {
    std::vector<std::int64_t> ids;       ///< prompt_slot = the place of a row of a prompt
    std::vector<std::int64_t> type_ids;  ///< empty = all 0
    std::vector<std::int64_t> positions; ///< empty = 0, 1, 2, …
    /// Other tokens that the rows of a prompt in a template take the place of, by their numbers.
    std::vector<std::int64_t> prompt_slots;
    /// Per-token targets of a language model or tagger: labels[i] is what the row of token i has to predict (already
    /// shifted for causal models); -100 = none. Empty for sequence classification.
    std::vector<std::int64_t> labels;
    /// Target of the row in front of the first token: exists only when a soft prompt stands there; -100 = none.
    std::int64_t front_label = -100;
    std::int64_t label = -100;                       ///< class of the sequence
    std::vector<float> targets;                      ///< one: regression; several: one 0 or 1 a label
    std::int64_t span_begin = -100, span_end = -100; ///< answer, as token numbers
    /// Input of the decoder beside an encoder; `labels` are then of these tokens.
    std::vector<std::int64_t> target_ids;
    std::vector<std::int64_t> target_positions; ///< empty = 0, 1, 2, …
    bool follows = false; ///< belongs to the item of the sequence before it: another option, another window
};

/// Tokens of B sequences, T in all. Index tensors live on the device of the model, offsets on the host.
struct PackedTokens {
    at::Tensor ids;                             ///< [T] int64
    at::Tensor type_ids;                        ///< [T] int64
    at::Tensor positions;                       ///< [T] int64
    std::vector<std::int64_t> offsets;          ///< B+1 entries, 0 … T
    std::vector<std::int64_t> prompt_rows = {}; ///< rows of T that a prompt's rows replace, sequence by sequence
    std::vector<std::int64_t> id_list = {};     ///< ids on the host

    std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
    std::int64_t tokens() const { return offsets.back(); }
};

/// A batch with its labels. Token labels are of the tokens themselves, or of the target's where there is a decoder
/// beside the encoder.
struct PackedBatch : PackedTokens {
    PackedTokens target;     ///< inputs of the decoder beside an encoder; offsets empty otherwise
    at::Tensor label_rows;   ///< [R] int64, rows that carry a token label
    at::Tensor token_labels; ///< [R] int64
    at::Tensor front_labels; ///< [F] int64, targets of the last soft token, for the sequences that have one
    at::Tensor labels;       ///< [B] int64, classes
    at::Tensor spans;        ///< [B, 2] int64, first and last token of an answer, counted within the sequence
    at::Tensor targets;      ///< [B] or [B, labels] float: regression, several labels at once
    /// [items, most sequences of one] int64: the sequences of each item, B where it has fewer. Undefined when every
    /// item is one sequence.
    at::Tensor item_sequences;
    at::Tensor item_labels; ///< [items] int64: the label of each item's first sequence; as above

    std::vector<std::int64_t> label_row_list;  ///< label_rows on the host
    std::vector<std::int64_t> front_sequences; ///< sequences of front_labels

    bool has_target() const { return !target.offsets.empty(); }
    std::int64_t items() const { return item_labels.defined() ? item_labels.size(0) : sequences(); }

    /// @throws std::logic_error for an empty batch or a sequence without tokens
    static PackedBatch pack(std::span<const Sequence> sequences, at::Device device);
};

/// [n] int64 on the device.
at::Tensor index_tensor(const std::vector<std::int64_t>& values, at::Device device);

} // namespace diapason
