// Bottleneck adapters as the unified view takes them apart: a functional form, what it reads, what it is added to.
#pragma once

#include "core/model/deltas.h"
#include "core/model/layers.h"
#include "methods/deltas/adapter/activation.h"
#include "methods/deltas/adapter/delta_map.h"

#include <memory>
#include <utility>

namespace diapason {

/// The functional form: f(x) = s · up(act(down(norm(x)))).
struct Bottleneck {
    std::unique_ptr<DeltaMap> down, up;
    DeltaActivation activation = nullptr;
    Norm norm;                          ///< in front; weight null = none
    double scale = 1;                   ///< s
    Parameter* learned_scale = nullptr; ///< [1], or [out]: multiplies too
    double inner_dropout = 0;           ///< of what enters `up`
    double dropout = 0;                 ///< of the result

    at::Tensor apply(const at::Tensor& x, const ForwardState& state) const; ///< [T, in] -> [T, out]
};

/// What an adapter at a block reads.
enum class AdapterInput {
    output,         ///< h: serial
    sum,            ///< x + h: serial, behind the residual
    normalised_sum, ///< norm(x + h) with the backbone's own norm; x + h where norms come first
    residual,       ///< x: parallel
    sublayer_input  ///< what the sublayer reads: parallel; differs from x where norms come first
};

/// What f is added to.
enum class AdapterBase {
    output, ///< h
    input,  ///< what the adapter has read
    sum     ///< x + h
};

struct AdapterPlace {
    AdapterInput input = AdapterInput::output;
    AdapterBase base = AdapterBase::output;
    bool norm_behind_base = false; ///< the norm behind the adapter takes the sum instead of f alone
    bool closes = false;           ///< the backbone's residual and norm do not follow
};

/// At the site `block`.
class BlockAdapter : public BlockDelta {
public:
    /// @param norm_behind its weight null = none
    BlockAdapter(Bottleneck form, const AdapterPlace& place, const Norm& norm_behind = {})
        : m_form(std::move(form)),
          m_place(place),
          m_norm_behind(norm_behind) {}
    at::Tensor apply(const at::Tensor& h, const BlockStates& states, const ForwardState& state) override;
    bool closes() const override { return m_place.closes; }

    const Bottleneck& form() const { return m_form; }
    const AdapterPlace& place() const { return m_place; }
    const Norm& norm_behind() const { return m_norm_behind; }

private:
    Bottleneck m_form;
    AdapterPlace m_place;
    Norm m_norm_behind;
};

/// At the site `heads`: reads what the queries are made from (parallel), or the heads' outputs.
class HeadsAdapter : public HeadsDelta {
public:
    explicit HeadsAdapter(Bottleneck form, bool serial = false, const Norm& norm_behind = {})
        : m_form(std::move(form)),
          m_serial(serial),
          m_norm_behind(norm_behind) {}
    at::Tensor apply(const at::Tensor& h, const HeadStates& states, const ForwardState& state) override;

private:
    Bottleneck m_form;
    bool m_serial;
    Norm m_norm_behind;
};

/// Multi-head parallel adapter (He et al. 2022, §4.6): head i gets s · act(q_i down_i) up_i, q neither scaled nor
/// rotated. @param down [heads, head_width, r] @param up [heads, r, head_width]
class MultiHeadAdapter : public HeadsDelta {
public:
    MultiHeadAdapter(const DeltaTensor& down, const DeltaTensor& up, DeltaActivation activation, double scale,
                     Parameter* learned_scale = nullptr)
        : m_down(down),
          m_up(up),
          m_activation(activation),
          m_scale(scale),
          m_learned_scale(learned_scale) {}
    at::Tensor apply(const at::Tensor& h, const HeadStates& states, const ForwardState& state) override;

private:
    DeltaTensor m_down, m_up;
    DeltaActivation m_activation;
    double m_scale;
    Parameter* m_learned_scale;
};

} // namespace diapason
