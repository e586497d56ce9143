#include "methods/deltas/lora_delta.h"

#include "core/model/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

namespace diapason {

at::Tensor LoraDelta::part_of(const at::Tensor& all) const {
    const std::int64_t rows = all.size(0) / m_update.parts;
    return m_update.parts == 1 ? all : all.narrow(0, m_update.part * rows, rows);
}

at::Tensor LoraDelta::own_a() const {
    const at::Tensor& all = m_update.a->value;
    const std::int64_t rows = all.size(0) / m_update.a_parts;
    return m_update.a_parts == 1 ? all : all.narrow(0, m_update.a_part * rows, rows);
}

at::Tensor LoraDelta::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) {
    const at::Tensor input = dropout(x, m_update.dropout, state.delta_dropout);
    const at::Tensor low = at::mm(input, own_a().t());
    // y + s·(x Aᵀ) Bᵀ in one pass over y.
    const at::Tensor out = at::addmm(y, low, part_of(m_update.b->value).t(), 1, m_update.scale);
    return m_update.bias == nullptr ? out : out + part_of(m_update.bias->value) * m_update.scale;
}

std::optional<LowRankTerm> LoraDelta::low_rank() const {
    if (m_update.bias != nullptr) return std::nullopt;
    return LowRankTerm{own_a(), part_of(m_update.b->value), m_update.scale, m_update.dropout};
}

at::Tensor LoraDelta::weight_change() const {
    return at::mm(part_of(m_update.b->value), own_a()) * m_update.scale;
}

bool LoraDelta::merge_output(at::Tensor& weight, at::Tensor& offset) const {
    weight = weight + weight_change();
    if (m_update.bias != nullptr) {
        const at::Tensor change = part_of(m_update.bias->value) * m_update.scale;
        offset = offset.defined() ? offset + change : change;
    }
    return true;
}

at::Tensor DoraDelta::ratio(const at::Tensor& weight) const {
    at::Tensor norm;
    {
        const c10::NoGradGuard constant;
        norm = at::linalg_vector_norm(weight + weight_change(), 2, at::IntArrayRef{1});
    }
    return part_of(m_magnitude->value) / norm;
}

at::Tensor DoraDelta::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) {
    const at::Tensor weight = m_linear->floats();
    const at::Tensor input = dropout(x, m_update.dropout, state.delta_dropout);
    const bool dropped = !input.is_same(x);
    // Without dropout the map's own product is in y already.
    at::Tensor base = dropped ? at::linear(input, weight) : y;
    if (!dropped && m_linear->bias != nullptr) base = base - m_linear->offset();
    const at::Tensor r = ratio(weight);
    const at::Tensor low = at::mm(at::mm(input, own_a().t()), part_of(m_update.b->value).t());
    return y + (r - 1) * base + r * low * m_update.scale;
}

bool DoraDelta::merge_output(at::Tensor& weight, at::Tensor&) const {
    const at::Tensor changed = weight + weight_change();
    weight = changed * ratio(weight).unsqueeze(1);
    return true;
}

at::Tensor WholeDoraDelta::ratio(const at::Tensor& weight) const {
    const at::Tensor changed = weight + at::mm(m_update.b->value, own_a());
    return m_magnitude->value.view(-1) / at::linalg_vector_norm(changed, 2, at::IntArrayRef{1});
}

at::Tensor WholeDoraDelta::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) {
    return LoraDelta::apply(x, y, state) * ratio(m_linear->floats());
}

bool WholeDoraDelta::merge_output(at::Tensor& weight, at::Tensor& offset) const {
    const at::Tensor r = ratio(weight);
    LoraDelta::merge_output(weight, offset);
    weight = weight * r.unsqueeze(1);
    if (offset.defined()) offset = offset * r;
    return true;
}

} // namespace diapason
