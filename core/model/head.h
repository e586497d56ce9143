// Task heads: what turns hidden states into logits and a loss.
#pragma once

#include "core/model/backbone.h"

#include <ATen/core/Generator.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// What the outputs of a sequence classifier stand for.
enum class LabelForm {
    one_class, ///< one of them; a single output is a number, as in transformers
    several,   ///< any number of them at once (multi-label)
    numbers,   ///< regression
    choice     ///< one output for each sequence: those of an item compete (multiple choice)
};

struct HeadSpec {
    HeadKind kind = HeadKind::none;
    std::int64_t labels = 0; ///< classes; 1 = regression
    LabelForm form = LabelForm::one_class;
};

/// Outputs of one column by item, [items, most sequences of one], −∞ where an item has fewer.
at::Tensor by_item(const at::Tensor& logits, const PackedBatch& batch);

/// Which rows get logits.
enum class Rows { labelled, all };

/// A loss as a sum and the number of terms in it, so that accumulation over micro-batches can normalise as it was asked
/// to.
struct LossTerms {
    at::Tensor sum;          ///< scalar
    std::int64_t count = 0;  ///< label tokens, or sequences
    at::Tensor mean() const; ///< NaN when count is 0
};

class Head {
public:
    virtual ~Head() = default;

    /// The rows of T' that logits() takes: labelled rows or all of them for token heads, one a sequence for sequence
    /// heads, all real tokens or all rows for spans. None = all rows as they are.
    virtual std::optional<std::vector<std::int64_t>> rows_read(const RowLayout& layout, const PackedBatch& batch,
                                                               bool pool_first_soft_token, Rows rows) const = 0;
    /// @param hidden [R, width], the rows above. @return [R, vocabulary|labels|2]
    virtual at::Tensor logits(const at::Tensor& hidden, const ForwardState& state) const = 0;
    /// Sum of the losses over labels; logits as given by logits(…, Rows::labelled, …).
    virtual LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const = 0;
    /// The vector of each sequence that a classifier or a pooler gives, [B, width], from the rows that are read;
    /// undefined when the head has none.
    virtual at::Tensor pooled(const at::Tensor&, const ForwardState&) const { return {}; }
    /// Its linear maps with the names of their modules in the files: deltas may change them too.
    virtual std::vector<std::pair<std::string, Linear*>> linears() { return {}; }
    /// Gives an output that shares the token embedding a copy of its own, under the name that files have for it.
    /// @return null when it shares nothing
    virtual Parameter* untie(ParameterStore&) { return nullptr; }
    /// Parameters that a study trains with every method.
    virtual std::vector<Parameter*> trained() const = 0;
};

/// Builds the head over the store; absent tensors are drawn: weights N(0, initializer_range), biases 0.
/// @param words the token embedding, which a tied output shares
std::unique_ptr<Head> make_head(const BackboneConfig& config, const HeadSpec& spec, Parameter& words,
                                ParameterStore& store, at::Device device, at::Generator* generator);

} // namespace diapason
