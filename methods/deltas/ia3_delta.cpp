#include "methods/deltas/ia3_delta.h"

#include <ATen/TensorOperators.h>

namespace diapason {

at::Tensor OutputScale::own() const {
    at::Tensor all = m_vector->value.view({-1});
    if (m_scale != 1) all = all * m_scale;
    const std::int64_t width = all.size(0) / m_parts;
    return m_parts == 1 ? all : all.narrow(0, m_part * width, width);
}

at::Tensor OutputScale::apply(const at::Tensor&, const at::Tensor& y, const ForwardState&) {
    return y * own();
}

bool OutputScale::merge_output(at::Tensor& weight, at::Tensor& offset) const {
    weight = weight * own().unsqueeze(1);
    if (offset.defined()) offset = offset * own();
    return true;
}

at::Tensor ConstantScale::apply(const at::Tensor&, const at::Tensor& y, const ForwardState&) {
    return y * m_scale;
}

bool ConstantScale::merge_output(at::Tensor& weight, at::Tensor& offset) const {
    weight = weight * m_scale;
    if (offset.defined()) offset = offset * m_scale;
    return true;
}

at::Tensor InputScale::enter(const at::Tensor& x, const ForwardState&) {
    return x * m_vector->value.view({-1});
}

void InputScale::merge_input(at::Tensor& weight) const {
    weight = weight * m_vector->value.view({1, -1});
}

} // namespace diapason
