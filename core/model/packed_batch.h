// The only data layout: the tokens of all sequences one after the other, and where each sequence begins. No padding.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace diapason {

/// One tokenised sequence with its labels, before packing.
struct Sequence {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> type_ids;  ///< empty = all 0
    std::vector<std::int64_t> positions; ///< empty = 0, 1, 2, …
    /// Per-token targets of a language model or tagger: labels[i] is what the row of token i has to predict (already
    /// shifted for causal models); -100 = none. Empty for sequence classification.
    std::vector<std::int64_t> labels;
    /// Target of the row in front of the first token: exists only when a soft prompt stands there; -100 = none.
    std::int64_t front_label = -100;
    std::int64_t label = -100; ///< class of the sequence
    double target = 0;         ///< regression
};

/// B sequences, T tokens in all. Index tensors live on the device of the model, offsets on the host.
struct PackedBatch {
    at::Tensor ids;                    ///< [T] int64
    at::Tensor type_ids;               ///< [T] int64
    at::Tensor positions;              ///< [T] int64
    std::vector<std::int64_t> offsets; ///< B+1 entries, 0 … T
    at::Tensor label_rows;             ///< [R] int64, rows that carry a token label
    at::Tensor token_labels;           ///< [R] int64
    at::Tensor front_labels;           ///< [F] int64, targets of the last soft token, for the sequences that have one
    at::Tensor labels;                 ///< [B] int64, classes
    at::Tensor targets;                ///< [B] float, regression

    std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
    std::int64_t tokens() const { return offsets.back(); }

    std::vector<std::int64_t> label_row_list;  ///< label_rows on the host
    std::vector<std::int64_t> front_sequences; ///< sequences of front_labels

    /// @throws std::logic_error for an empty batch or a sequence without tokens
    static PackedBatch pack(std::span<const Sequence> sequences, at::Device device);
};

/// [n] int64 on the device.
at::Tensor index_tensor(const std::vector<std::int64_t>& values, at::Device device);

} // namespace diapason
