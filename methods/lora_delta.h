// LoRA's delta on one linear map; also what PEFT's LoRA folders are read into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

/// Δh = s · B A dropout(x); A [r, in], B [out, r].
class LoraDelta : public LinearDelta {
public:
    LoraDelta(Parameter& a, Parameter& b, double scale, double dropout_p)
        : m_a(&a),
          m_b(&b),
          m_scale(scale),
          m_dropout(dropout_p) {}

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    at::Tensor weight_change() const override;

private:
    Parameter* m_a;
    Parameter* m_b;
    double m_scale;
    double m_dropout;
};

} // namespace diapason
