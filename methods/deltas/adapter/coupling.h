// Invertible adapters behind the embeddings (Pfeiffer et al. 2020, MAD-X).
#pragma once

#include "core/model/deltas.h"
#include "methods/deltas/adapter/activation.h"

namespace diapason {

/// NICE coupling: x in two halves becomes y1 = x1 + F(x2), y2 = x2 + G(y1),
/// with F and G = up(act(down(·))).
class NiceCoupling : public StreamDelta {
public:
    struct Network {
        Parameter *down_weight, *down_bias, *up_weight, *up_bias;
    };
    NiceCoupling(const Network& f, const Network& g, DeltaActivation activation)
        : m_f(f),
          m_g(g),
          m_activation(activation) {}

    at::Tensor apply(const at::Tensor& x) override;

private:
    at::Tensor run(const Network& network, const at::Tensor& x) const;

    Network m_f, m_g;
    DeltaActivation m_activation;
};

} // namespace diapason
