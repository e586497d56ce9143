// LoRA's delta on one linear map; also what PEFT's LoRA folders are read into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

/// Δh = s · B A dropout(x); A [r, in], B [out, r]. With `parts` the map is one of several that share A, and B holds the
/// rows of all of them one below the other.
class LoraDelta : public LinearDelta {
public:
    LoraDelta(Parameter& a, Parameter& b, double scale, double dropout_p, std::int64_t part = 0, std::int64_t parts = 1)
        : m_a(&a),
          m_b(&b),
          m_scale(scale),
          m_dropout(dropout_p),
          m_part(part),
          m_parts(parts) {}

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    at::Tensor weight_change() const override;

private:
    at::Tensor up() const; ///< this map's rows of B

    Parameter* m_a;
    Parameter* m_b;
    double m_scale;
    double m_dropout;
    std::int64_t m_part, m_parts;
};

} // namespace diapason
