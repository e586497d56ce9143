// IA3's deltas: learned vectors that rescale a linear map's output, or its input; also what PEFT's folders are read
// into.
#pragma once

#include "core/model/deltas.h"

namespace diapason {

/// y becomes l ⊙ y, the map's bias included. @param vector l, any shape of n numbers; with `parts` the map is one of
/// several whose vectors lie one behind the other @param scale a constant factor of l
class OutputScale : public LinearDelta {
public:
    explicit OutputScale(Parameter& vector, std::int64_t part = 0, std::int64_t parts = 1, double scale = 1)
        : m_vector(&vector),
          m_part(part),
          m_parts(parts),
          m_scale(scale) {}

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

    at::Tensor own() const; ///< the numbers of this map, scaled, [out]

private:
    Parameter* m_vector;
    std::int64_t m_part, m_parts;
    double m_scale;
};

/// y becomes s y, the map's bias included; nothing is trained.
class ConstantScale : public LinearDelta {
public:
    explicit ConstantScale(double scale) : m_scale(scale) {}

    at::Tensor apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) override;
    bool merge_output(at::Tensor& weight, at::Tensor& offset) const override;

private:
    double m_scale;
};

/// The map reads l ⊙ x. @param vector l, any shape of `in` numbers
class InputScale : public LinearDelta {
public:
    explicit InputScale(Parameter& vector) : m_vector(&vector) {}

    at::Tensor enter(const at::Tensor& x, const ForwardState& state) override;
    bool merge_output(at::Tensor&, at::Tensor&) const override { return true; }
    void merge_input(at::Tensor& weight) const override;

    const Parameter& vector() const { return *m_vector; }

private:
    Parameter* m_vector;
};

} // namespace diapason
