// Deltas: trainable modules at sites of a frozen backbone (the unified view). A method creates them, the model
// owns them, the backbone calls them where their site is.
#pragma once

#include "core/model/dropout.h"
#include "core/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

struct Attention;

/// Told how much attention prefixes get; for inspection.
class PrefixObserver {
public:
    virtual ~PrefixObserver() = default;
    /// @param share [heads, Tq], of each query's attention
    virtual void share(const Attention& attention, const at::Tensor& share) = 0;
};

/// What changes from step to step.
struct ForwardState {
    DropoutStream* backbone_dropout = nullptr; ///< null = off (the explicit switch)
    DropoutStream* delta_dropout = nullptr;    ///< null = off (evaluation)
    PrefixObserver* prefixes = nullptr;        ///< null = nobody asks
};

/// s · B A dropout(x): what linear maps compute together with their own product (core/model/linear_map.h).
struct LowRankTerm {
    at::Tensor a; ///< [r, in]
    at::Tensor b; ///< [out, r]
    double scale = 1;
    double dropout = 0; ///< of x, from the stream of deltas
};

/// A delta on a linear map, `q k v o fc1 fc2 gate`: y = W x + b becomes y + Δh (LoRA, IA3).
class LinearDelta {
public:
    virtual ~LinearDelta() = default;
    /// What the map reads in place of its input. @param x [T, in] @return [T, in]
    virtual at::Tensor enter(const at::Tensor& x, const ForwardState&) { return x; }
    /// @param x [T, in], what the map read; @param y [T, out], its output so far. @return [T, out]
    virtual at::Tensor apply(const at::Tensor&, const at::Tensor& y, const ForwardState&) { return y; }
    /// What is added to the output, when enter() and apply() do nothing else; they are not called then.
    virtual std::optional<LowRankTerm> low_rank() const { return std::nullopt; }

    /// Changes a map as apply() changes its output; the same in two parts as the forward pass, so that several deltas
    /// of one map merge in their order. @param weight [out, in] @param offset [out], undefined without a bias
    /// @return false when a linear map cannot hold the change
    virtual bool merge_output(at::Tensor&, at::Tensor&) const { return false; }
    /// As enter(), after all merge_output().
    virtual void merge_input(at::Tensor&) const {}
};

/// A delta on a table whose rows are looked up: of tokens, positions or types (LoRA on embeddings, trained tokens).
class TableDelta {
public:
    virtual ~TableDelta() = default;
    /// @param y [R, width], what the table gave for `rows` so far. @param rows [R] int64. @return [R, width]
    virtual at::Tensor apply(const at::Tensor& y, const at::Tensor& rows) = 0;
    /// Changes the whole table as apply() changes its rows. @param table [N, width]
    virtual void merge(at::Tensor& table) const = 0;
};

/// A delta behind the embeddings of a stack: what its first layer reads (invertible adapters).
class StreamDelta {
public:
    virtual ~StreamDelta() = default;
    virtual at::Tensor apply(const at::Tensor& x) = 0; ///< [T', width] -> the same shape
};

/// Keys and values of rows that were computed before, as attention takes them: [Tk, kv_heads·head_width].
struct KeyValues {
    at::Tensor keys, values;
};

/// A delta at the site `kv`: rows that the attention of a layer finds in front of the keys and values of every
/// sequence (prefix tuning). Not rotated, and visible to every query whose window reaches them.
class KeyValueDelta {
public:
    virtual ~KeyValueDelta() = default;
    virtual std::int64_t length() const = 0; ///< P
    virtual KeyValues rows() = 0;            ///< [P, kv_heads·head_width] each
    /// Composition: false = its rows stand among the keys; true = (1−λ)h + λΔh with Δh from its rows alone and λ their
    /// share of the softmax (He et al. 2022, eq. 5). The same function, computed as it is written.
    virtual bool gated() const { return false; }
    /// True when the rows are the keys and values of tokens inside the text (PackedTokens::prompt_rows, as many in each
    /// sequence as the delta has) instead of standing in front: the infix of Li & Liang 2021, §7.3.
    virtual bool in_slots() const { return false; }
};

struct Norm;

/// What a sublayer knows when the deltas at its site `block` are called; [T, width] each.
struct BlockStates {
    at::Tensor residual;        ///< x, the stream that the sublayer's output is added to
    at::Tensor input;           ///< what the sublayer reads: x, or the norm of x where norms come first
    const Norm* norm = nullptr; ///< the norm of x + h behind the sublayer; null where norms come first
};

/// A delta at the site `block` of a sublayer: its output h, dropped out already, becomes another one before the
/// residual is added (serial and parallel adapters).
class BlockDelta {
public:
    virtual ~BlockDelta() = default;
    /// @param h [T, width]. @return [T, width]
    virtual at::Tensor apply(const at::Tensor& h, const BlockStates& states, const ForwardState& state) = 0;
    /// True when its output takes the place of the whole sublayer's: no residual and no norm follow. Only the last
    /// delta of a block is asked.
    virtual bool closes() const { return false; }
};

/// What an attention knows when the deltas at its site `heads` are called.
struct HeadStates {
    at::Tensor input;   ///< [T, width], what the queries are made from
    at::Tensor queries; ///< [T, heads·head_width], projected, neither scaled nor rotated
};

/// A delta at the site `heads`: the heads' outputs side by side, before `o`.
class HeadsDelta {
public:
    virtual ~HeadsDelta() = default;
    /// @param h [T, heads·head_width]. @return the same shape
    virtual at::Tensor apply(const at::Tensor& h, const HeadStates& states, const ForwardState& state) = 0;
};

/// What several deltas read and what is computed once a forward pass: the MLP of a prefix.
class SharedModule {
public:
    virtual ~SharedModule() = default;
    virtual void prepare() = 0; ///< before each forward pass
};

/// What inference needs in place of tensors that only training has: the mask of scores, the output of a network.
struct StoredForm {
    std::string name;                               ///< in the stored file
    std::vector<const Parameter*> replaces;         ///< trained, and not stored
    std::function<at::Tensor()> value;              ///< float, or bool: stored as bits
    std::function<void(const at::Tensor&)> restore; ///< the model computes with this value from now on
};

/// A delta at the site `embedding`: rows that every sequence gets in front of its tokens (prompt tuning), or in slots
/// of a template (P-tuning).
class EmbeddingDelta {
public:
    virtual ~EmbeddingDelta() = default;
    virtual std::int64_t length() const = 0; ///< P
    /// [P, width], in the space of token embeddings; of an ensemble [members · P, width].
    virtual at::Tensor rows() = 0;
    /// Prompts that a batch is read with side by side: its first 1/members of sequences with the first, and so on.
    virtual std::int64_t members() const { return 1; }
    /// From now on one member of an ensemble alone; -1 = all side by side.
    virtual void choose(std::int64_t) {}
    /// True when the rows take the place of tokens (PackedTokens::prompt_rows) instead of standing in front.
    virtual bool in_slots() const { return false; }
    /// Which row of a sequence the pooler reads: its first soft token (PEFT), or the first real token.
    virtual bool pool_first_soft_token() const = 0;
};

} // namespace diapason
