// The prompt encoder of P-tuning: soft tokens as the output of a small network.
#pragma once

#include "core/model/deltas.h"

#include <vector>

namespace diapason {

/// rows = mlp(lstm(wte)); both parts may be missing. The linear layers of the mlp have ReLU between them (Liu et al.
/// 2021, §3.2; PEFT's PromptEncoder).
class PromptEncoder : public EmbeddingDelta {
public:
    struct Dense {
        Parameter *weight, *bias;
    };
    struct Network {
        Parameter* wte = nullptr; ///< [P, d]
        std::vector<Parameter*>
            lstm; ///< torch's order: w_ih, w_hh, b_ih, b_hh of each layer and direction; empty = none
        std::int64_t lstm_layers = 0; ///< bidirectional
        std::vector<Dense> mlp;
    };
    PromptEncoder(Network network, bool pool_first_soft_token, bool in_slots = false)
        : m_network(std::move(network)),
          m_pool_first(pool_first_soft_token),
          m_in_slots(in_slots) {}

    std::int64_t length() const override { return m_network.wte->value.size(0); }
    at::Tensor rows() override { return m_fixed.defined() ? m_fixed : compute(); }
    /// From now on these are the rows, [P, d]: what the trained network gave.
    void fix(const at::Tensor& rows) { m_fixed = rows; }
    std::vector<const Parameter*> parameters() const;
    bool pool_first_soft_token() const override { return m_pool_first; }
    bool in_slots() const override { return m_in_slots; }

private:
    at::Tensor compute() const;

    Network m_network;
    at::Tensor m_fixed;
    bool m_pool_first, m_in_slots;
};

} // namespace diapason
