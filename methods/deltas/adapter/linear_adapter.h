// An adapter on a projection: beside it, or behind it.
#pragma once

#include "methods/deltas/adapter/bottleneck.h"

namespace diapason {

/// y becomes y + f(x), or y + f(y) in series. It cannot be merged where f has an activation.
class LinearAdapter : public LinearDelta {
public:
    LinearAdapter(Bottleneck form, bool serial) : m_form(std::move(form)), m_serial(serial) {}
    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;

private:
    Bottleneck m_form;
    bool m_serial;
};

} // namespace diapason
