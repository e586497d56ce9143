#include "methods/deltas/prefix_delta.h"

#include <ATen/ops/linear.h>

namespace diapason {

void PrefixTable::prepare() {
    // One node that takes the table apart: its gradient is put together once, not added up slice by slice.
    m_slices = table().view({length(), m_count, -1}).unbind(1);
}

const at::Tensor& PrefixTable::slice(std::int64_t index) {
    if (m_slices.empty()) prepare();
    return m_slices[static_cast<std::size_t>(index)];
}

at::Tensor ReparametrisedPrefixTable::compute() {
    const Layers& l = m_layers;
    const at::Tensor hidden = l.activation(at::linear(l.wte->value, l.fc1_weight->value, l.fc1_bias->value));
    return at::linear(hidden, l.fc2_weight->value, l.fc2_bias->value);
}

at::Tensor MaskedPrefix::joined() {
    return m_fixed.defined() ? m_fixed : m_mask.masked(m_table->slice(m_slice));
}

KeyValues MaskedPrefix::rows() {
    const auto halves = joined().chunk(2, 1);
    return {halves[0], halves[1]};
}

} // namespace diapason
