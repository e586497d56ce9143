#include "methods/init/random_tensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/erfinv.h>
#include <ATen/ops/full.h>

#include <cmath>

namespace diapason {

// Values are drawn on the host, so that every device starts from the same ones.
Parameter* RandomTensors::add(const std::string& name, const at::Tensor& value) {
    Parameter& parameter = m_model.deltas().add(name, value.to(m_model.device()));
    m_model.train({&parameter});
    return &parameter;
}

Parameter* RandomTensors::normal(const std::string& name, const std::vector<std::int64_t>& shape, double deviation) {
    return add(name, at::empty(shape, at::kFloat).normal_(0, deviation, m_generator));
}

Parameter* RandomTensors::uniform(const std::string& name, const std::vector<std::int64_t>& shape, double bound) {
    return add(name, at::empty(shape, at::kFloat).uniform_(-bound, bound, m_generator));
}

Parameter* RandomTensors::truncated_normal(const std::string& name, const std::vector<std::int64_t>& shape,
                                           double deviation) {
    // The inverse of the distribution function at a uniform number between Φ(−2) and Φ(2).
    const double inside = std::erf(2 / std::sqrt(2.0));
    const at::Tensor share = at::empty(shape, at::kFloat).uniform_(-inside, inside, m_generator);
    return add(name, at::erfinv(share).mul_(deviation * std::sqrt(2.0)));
}

Parameter* RandomTensors::constant(const std::string& name, const std::vector<std::int64_t>& shape, double value) {
    return add(name, at::full(shape, value, at::kFloat));
}

Parameter* RandomTensors::copy(const std::string& name, const at::Tensor& values) {
    return add(name, values.detach().clone());
}

void RandomTensors::linear(const std::string& name, std::int64_t in, std::int64_t out, Parameter*& weight,
                           Parameter*& bias) {
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    weight = uniform(name + ".weight", {out, in}, bound);
    bias = uniform(name + ".bias", {out}, bound);
}

} // namespace diapason
