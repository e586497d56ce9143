#include "methods/deltas/adapter/bottleneck.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>

namespace diapason {
namespace {

at::Tensor scaled(const at::Tensor& x, double scale, const Parameter* learned) {
    const at::Tensor y = scale == 1 ? x : x * scale;
    return learned == nullptr ? y : y * learned->value;
}

at::Tensor input_of(AdapterInput input, const at::Tensor& h, const BlockStates& states) {
    switch (input) {
    case AdapterInput::output:
        return h;
    case AdapterInput::sum:
        return states.residual + h;
    case AdapterInput::normalised_sum:
        return states.norm == nullptr ? states.residual + h : (*states.norm)(states.residual + h);
    case AdapterInput::residual:
        return states.residual;
    case AdapterInput::sublayer_input:
        return states.input;
    }
    return h;
}

} // namespace

at::Tensor Bottleneck::apply(const at::Tensor& x, const ForwardState& state) const {
    const at::Tensor low = activation(down->apply(norm.weight == nullptr ? x : norm(x)));
    const at::Tensor high = up->apply(diapason::dropout(low, inner_dropout, state.delta_dropout));
    return diapason::dropout(scaled(high, scale, learned_scale), dropout, state.delta_dropout);
}

at::Tensor BlockAdapter::apply(const at::Tensor& h, const BlockStates& states, const ForwardState& state) {
    const at::Tensor input = input_of(m_place.input, h, states);
    const at::Tensor change = m_form.apply(input, state);
    const at::Tensor base = m_place.base == AdapterBase::output  ? h
                            : m_place.base == AdapterBase::input ? input
                                                                 : states.residual + h;
    if (m_norm_behind.weight == nullptr) return base + change;
    return m_place.norm_behind_base ? m_norm_behind(base + change) : base + m_norm_behind(change);
}

at::Tensor HeadsAdapter::apply(const at::Tensor& h, const HeadStates& states, const ForwardState& state) {
    const at::Tensor change = m_form.apply(m_serial ? h : states.input, state);
    return h + (m_norm_behind.weight == nullptr ? change : m_norm_behind(change));
}

at::Tensor MultiHeadAdapter::apply(const at::Tensor& h, const HeadStates& states, const ForwardState&) {
    const at::Tensor down = m_down.value();
    const at::Tensor queries = states.queries.view({-1, down.size(0), down.size(1)}).transpose(0, 1);
    const at::Tensor change = at::bmm(m_activation(at::bmm(queries, down)), m_up.value());
    return h + scaled(change.transpose(0, 1).reshape(h.sizes()), m_scale, m_learned_scale);
}

} // namespace diapason
