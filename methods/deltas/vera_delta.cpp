#include "methods/deltas/vera_delta.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include <cmath>

namespace diapason {
namespace {

at::Tensor kaiming(std::int64_t rows, std::int64_t columns, at::Generator& generator) {
    // In this order: the reference rounds the same way.
    const double deviation = std::sqrt(2.0) / std::sqrt(static_cast<double>(columns));
    const double bound = std::sqrt(3.0) * deviation;
    return at::empty({rows, columns}, at::kFloat).uniform_(-bound, bound, generator);
}

} // namespace

VeraProjections vera_projections(std::int64_t rank, std::int64_t in, std::int64_t out, at::Generator& generator) {
    VeraProjections drawn;
    drawn.a = kaiming(rank, in, generator);
    drawn.b = kaiming(out, rank, generator);
    return drawn;
}

at::Tensor VeraDelta::own_a() const {
    return m_update.a->value.narrow(0, 0, m_update.lambda_d->value.size(0)).narrow(1, 0, m_update.in);
}

at::Tensor VeraDelta::own_b() const {
    const std::int64_t rows = m_update.lambda_b->value.size(0) / m_update.parts;
    return m_update.b->value.narrow(1, 0, m_update.lambda_d->value.size(0)).narrow(0, m_update.part * rows, rows);
}

at::Tensor VeraDelta::own_numbers() const {
    const std::int64_t rows = m_update.lambda_b->value.size(0) / m_update.parts;
    return m_update.lambda_b->value.narrow(0, m_update.part * rows, rows);
}

at::Tensor VeraDelta::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) {
    const at::Tensor input = dropout(x, m_update.dropout, state.delta_dropout);
    const at::Tensor low = at::mm(input, own_a().t()) * m_update.lambda_d->value;
    return y + at::mm(low, own_b().t()) * own_numbers();
}

bool VeraDelta::merge_output(at::Tensor& weight, at::Tensor&) const {
    const at::Tensor b = own_b() * own_numbers().unsqueeze(1);
    weight = weight + at::mm(b * m_update.lambda_d->value, own_a());
    return true;
}

} // namespace diapason
