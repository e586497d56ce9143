// The linear maps inside an adapter: dense ones, and parameterised hypercomplex ones (Compacter).
#pragma once

#include "methods/deltas/adapter/delta_tensor.h"

#include <ATen/core/Tensor.h>

namespace diapason {

class DeltaMap {
public:
    virtual ~DeltaMap() = default;
    virtual at::Tensor apply(const at::Tensor& x) const = 0; ///< [T, in] -> [T, out]
};

/// x Wᵀ + b. W [out, in]; b [out], null = none.
class DenseMap : public DeltaMap {
public:
    DenseMap(const DeltaTensor& weight, Parameter* bias) : m_weight(weight), m_bias(bias) {}
    at::Tensor apply(const at::Tensor& x) const override;

    const DeltaTensor& weight() const { return m_weight; }
    const Parameter* bias() const { return m_bias; }

private:
    DeltaTensor m_weight;
    Parameter* m_bias;
};

/// A tensor that may be stored as a product of two: left [n, a, r] · right [n, r, b].
struct Factors {
    Parameter* whole = nullptr; ///< [n, a, b]; null when it is factorised
    Parameter* left = nullptr;
    Parameter* right = nullptr;

    at::Tensor value() const; ///< [n, a, b]
};

/// x W + b with W = Σ_i A_i ⊗ B_i (Karimi Mahabadi et al. 2021, eq. 5): A_i [n, n], the rule; B_i [in/n, out/n].
class HypercomplexMap : public DeltaMap {
public:
    HypercomplexMap(const Factors& rule, const Factors& weight, Parameter* bias)
        : m_rule(rule),
          m_weight(weight),
          m_bias(bias) {}
    at::Tensor apply(const at::Tensor& x) const override;

    const Factors& rule() const { return m_rule; }
    const Factors& weight() const { return m_weight; }
    const Parameter* bias() const { return m_bias; }

private:
    Factors m_rule, m_weight;
    Parameter* m_bias;
};

} // namespace diapason
