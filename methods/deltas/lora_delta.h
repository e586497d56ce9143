// LoRA's delta on one linear map, and DoRA's; also what PEFT's folders are read into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

struct Linear;

/// Parameters of one low-rank update. With `parts` the map is one of several that share A, and B (with its bias and
/// the magnitudes) holds the rows of all of them one below the other.
struct LowRank {
    Parameter* a = nullptr;    ///< [r, in]
    Parameter* b = nullptr;    ///< [out, r]
    Parameter* bias = nullptr; ///< [out], of B; null = none
    double scale = 1;          ///< s
    double dropout = 0;        ///< of A's input
    std::int64_t part = 0, parts = 1;
    std::int64_t a_part = 0, a_parts = 1; ///< the same for A where every map has its own
    /// The start of an init that took s · start_b start_a out of the weight (PiSSA, OLoRA); undefined otherwise.
    at::Tensor start_a = {}, start_b = {};
};

/// Δh = s · (B A dropout(x) + bias).
class LoraDelta : public LinearDelta {
public:
    explicit LoraDelta(const LowRank& update) : m_update(update) {}

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    std::optional<LowRankTerm> low_rank() const override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

    const LowRank& update() const { return m_update; }
    at::Tensor weight_change() const;                               ///< s · B A of this map, [out, in]
    at::Tensor own_a() const;                                       ///< A of this map, [r, in]
    at::Tensor own_b() const { return part_of(m_update.b->value); } ///< B of this map, [out, r]
    at::Tensor part_of(const at::Tensor& rows) const;               ///< this map's share of the rows of a tensor

protected:
    LowRank m_update;
};

/// What the two DoRAs have in common: the map's rows get magnitudes of their own, so the update is not low-rank.
class MagnitudeDelta : public LoraDelta {
public:
    /// @param magnitude m, [out] numbers (of all parts) @param linear the map that the delta is on
    MagnitudeDelta(const LowRank& update, Parameter& magnitude, const Linear& linear)
        : LoraDelta(update),
          m_magnitude(&magnitude),
          m_linear(&linear) {}

    std::optional<LowRankTerm> low_rank() const override { return std::nullopt; }

    const Parameter& magnitude() const { return *m_magnitude; }

protected:
    Parameter* m_magnitude;
    const Linear* m_linear;
};

/// DoRA (Liu et al. 2024): W x + b becomes m · (W + s B A) x / ‖W + s B A‖ + b; the norm is one per output unit,
/// computed in every pass, and a constant in the backward pass (§4.3).
class DoraDelta : public MagnitudeDelta {
public:
    using MagnitudeDelta::MagnitudeDelta;

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

private:
    at::Tensor ratio(const at::Tensor& weight) const; ///< m / ‖W + s B A‖, [out]
};

/// DoRA as the AdapterHub library computes it: W x + b becomes m · (W x + b + s B A x) / ‖W + B A‖. The bias is scaled
/// too, the norm leaves s out, and gradients flow through it. The map is no part of a fused one.
class WholeDoraDelta : public MagnitudeDelta {
public:
    using MagnitudeDelta::MagnitudeDelta;

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

private:
    at::Tensor ratio(const at::Tensor& weight) const; ///< m / ‖W + B A‖, [out]
};

} // namespace diapason
