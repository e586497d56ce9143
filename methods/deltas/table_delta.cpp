#include "methods/deltas/table_delta.h"

#include "core/model/linear_map.h"
#include "core/model/packed_batch.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

namespace diapason {

at::Tensor LoraTable::apply(const at::Tensor& y, const at::Tensor& rows) {
    const at::Tensor low = look_up(m_update.a->value.t(), rows);
    const at::Tensor changed = y + at::linear(low, m_update.b->value) * m_update.scale;
    return m_update.magnitude == nullptr ? changed : changed * ratio(m_table->weight->floats());
}

at::Tensor LoraTable::ratio(const at::Tensor& table) const {
    at::Tensor norm;
    {
        const c10::NoGradGuard constant;
        const at::Tensor change = at::mm(m_update.b->value, m_update.a->value).t() * m_update.scale;
        norm = at::linalg_vector_norm(table + change, 2, at::IntArrayRef{0});
    }
    return m_update.magnitude->value.view(-1) / norm;
}

void LoraTable::merge(at::Tensor& table) const {
    const at::Tensor changed = table + at::mm(m_update.b->value, m_update.a->value).t() * m_update.scale;
    table = m_update.magnitude == nullptr ? changed : changed * ratio(table);
}

TrainedRows::TrainedRows(Parameter& rows, const std::vector<std::int64_t>& numbers, std::int64_t count)
    : m_rows(&rows),
      m_numbers(index_tensor(numbers, rows.value.device())) {
    std::vector<std::int64_t> place(static_cast<std::size_t>(count), -1);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        place[static_cast<std::size_t>(numbers[i])] = static_cast<std::int64_t>(i);
    m_place = index_tensor(place, rows.value.device());
}

at::Tensor TrainedRows::apply(const at::Tensor& y, const at::Tensor& rows) {
    const at::Tensor place = select_rows(m_place, rows);
    return at::where((place >= 0).unsqueeze(1), look_up(m_rows->value, place.clamp_min(0)), y);
}

void TrainedRows::merge(at::Tensor& table) const {
    table = table.index_copy(0, m_numbers, m_rows->value);
}

TrainedOutputs::TrainedOutputs(Parameter& rows, const std::vector<std::int64_t>& numbers, const Linear& linear)
    : m_rows(&rows),
      m_linear(&linear),
      m_numbers(index_tensor(numbers, rows.value.device())) {}

at::Tensor TrainedOutputs::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState&) {
    const at::Tensor all = m_linear->bias == nullptr ? y : y - m_linear->offset();
    return all.index_copy(1, m_numbers, linear_map(x, m_rows->value));
}

bool TrainedOutputs::merge_output(at::Tensor& weight, at::Tensor& offset) const {
    weight = weight.index_copy(0, m_numbers, m_rows->value);
    if (offset.defined()) offset = at::zeros_like(offset);
    return true;
}

} // namespace diapason
