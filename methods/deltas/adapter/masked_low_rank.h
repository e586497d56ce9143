// A low-rank update from tensors that may be masked prototypes (ProPETL).
#pragma once

#include "core/model/deltas.h"
#include "methods/deltas/adapter/delta_tensor.h"

namespace diapason {

/// Δh = s · B A dropout(x). A [r, in], B [out, r].
class MaskedLowRank : public LinearDelta {
public:
    MaskedLowRank(const DeltaTensor& a, const DeltaTensor& b, double scale, double dropout = 0)
        : m_a(a),
          m_b(b),
          m_scale(scale),
          m_dropout(dropout) {}
    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    std::optional<LowRankTerm> low_rank() const override {
        return LowRankTerm{m_a.value(), m_b.value(), m_scale, m_dropout};
    }
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

private:
    DeltaTensor m_a, m_b;
    double m_scale, m_dropout;
};

} // namespace diapason
