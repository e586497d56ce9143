// VeRA's delta on one linear map.
#pragma once

#include "core/model/deltas.h"

#include <ATen/core/Generator.h>

#include <cstdint>

namespace diapason {

/// Parameters of one update. A and B are shared by all maps and frozen; d and b are this map's, trained. With `parts`
/// the map is one of several in a module: they share d, and b holds the numbers of all of them one behind the other.
struct VectorUpdate {
    Parameter* a = nullptr;        ///< [≥ r, ≥ in], of which the first rows and columns are used
    Parameter* b = nullptr;        ///< [≥ out, ≥ r]
    Parameter* lambda_d = nullptr; ///< d, [r]
    Parameter* lambda_b = nullptr; ///< b, [out]
    std::int64_t in = 0;           ///< of this map
    double dropout = 0;            ///< of A's input
    std::int64_t part = 0, parts = 1;
};

/// Δh = b ∘ B (d ∘ A dropout(x)).
class VeraDelta : public LinearDelta {
public:
    explicit VeraDelta(const VectorUpdate& update) : m_update(update) {}

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

    const VectorUpdate& update() const { return m_update; }

private:
    at::Tensor own_a() const;       ///< [r, in]
    at::Tensor own_b() const;       ///< [out, r], of this part
    at::Tensor own_numbers() const; ///< of b, [out]

    VectorUpdate m_update;
};

/// A and B, [rank, in] and [out, rank]: Kaiming's uniform distribution with a gain of √2, A first (as PEFT draws them).
struct VeraProjections {
    at::Tensor a, b;
};
VeraProjections vera_projections(std::int64_t rank, std::int64_t in, std::int64_t out, at::Generator& generator);

} // namespace diapason
