// Fresh parameters of deltas, drawn as torch's own layers draw them by default.
#pragma once

#include "core/model/model.h"

#include <ATen/core/Generator.h>

#include <string>
#include <vector>

namespace diapason {

/// Adds parameters to a model's deltas and marks them for training.
class RandomTensors {
public:
    RandomTensors(Model& model, at::Generator& generator) : m_model(model), m_generator(generator) {}

    Parameter* normal(const std::string& name, const std::vector<std::int64_t>& shape, double deviation);
    Parameter* uniform(const std::string& name, const std::vector<std::int64_t>& shape, double bound);
    /// N(0, deviation) inside two deviations.
    Parameter* truncated_normal(const std::string& name, const std::vector<std::int64_t>& shape, double deviation);
    Parameter* constant(const std::string& name, const std::vector<std::int64_t>& shape, double value);
    /// A copy of values that are known.
    Parameter* copy(const std::string& name, const at::Tensor& values);
    /// name.weight [out, in] and name.bias [out], U(±1/√in).
    void linear(const std::string& name, std::int64_t in, std::int64_t out, Parameter*& weight, Parameter*& bias);

private:
    Parameter* add(const std::string& name, const at::Tensor& value);

    Model& m_model;
    at::Generator& m_generator;
};

} // namespace diapason
