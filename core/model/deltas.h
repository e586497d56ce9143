// Deltas: trainable modules at sites of a frozen backbone (DESIGN: the unified view). A method creates them, the model
// owns them, the backbone calls them where their site is.
#pragma once

#include "core/model/dropout.h"
#include "core/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace diapason {

/// What changes from step to step.
struct ForwardState {
    DropoutStream* backbone_dropout = nullptr; ///< null = off (the explicit switch)
    DropoutStream* delta_dropout = nullptr;    ///< null = off (evaluation)
};

/// A delta on a linear map, `q k v o fc1 fc2 gate`: y = W x + b becomes y + Δh (LoRA, BitFit, IA3).
class LinearDelta {
public:
    virtual ~LinearDelta() = default;
    /// @param x [T, in], the input of the map; @param y [T, out], its output so far. @return [T, out]
    virtual at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) = 0;
    /// What the delta adds to the weight, [out, in], for merging. Undefined when it is not a linear change.
    virtual at::Tensor weight_change() const { return {}; }
};

/// A delta at the site `embedding`: rows that every sequence gets in front of its tokens (prompt tuning).
class EmbeddingDelta {
public:
    virtual ~EmbeddingDelta() = default;
    virtual std::int64_t length() const = 0; ///< P
    virtual at::Tensor rows() = 0;           ///< [P, width], in the space of token embeddings
    /// Which row of a sequence the pooler reads: its first soft token (PEFT), or the first real token.
    virtual bool pool_first_soft_token() const = 0;
};

} // namespace diapason
