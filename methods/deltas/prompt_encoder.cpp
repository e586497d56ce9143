#include "methods/deltas/prompt_encoder.h"

#include "core/model/layers.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/lstm.h>
#include <ATen/ops/zeros.h>

#include <tuple>

namespace diapason {

std::vector<const Parameter*> PromptEncoder::parameters() const {
    std::vector<const Parameter*> list = {m_network.wte};
    list.insert(list.end(), m_network.lstm.begin(), m_network.lstm.end());
    for (const Dense& layer : m_network.mlp)
        list.insert(list.end(), {layer.weight, layer.bias});
    return list;
}

at::Tensor PromptEncoder::compute() const {
    at::Tensor x = m_network.wte->value;
    if (!m_network.lstm.empty()) {
        std::vector<at::Tensor> weights;
        for (const Parameter* parameter : m_network.lstm)
            weights.push_back(parameter->value);
        const std::int64_t hidden = weights[1].size(1);
        const at::Tensor zero = at::zeros({2 * m_network.lstm_layers, 1, hidden}, x.options());
        x = std::get<0>(
                at::lstm(x.unsqueeze(0), {zero, zero}, weights, true, m_network.lstm_layers, 0.0, false, true, true))
                .squeeze(0);
    }
    for (std::size_t i = 0; i < m_network.mlp.size(); ++i) {
        if (i > 0) x = activate(x, Activation::relu);
        x = at::linear(x, m_network.mlp[i].weight->value, m_network.mlp[i].bias->value);
    }
    return x;
}

} // namespace diapason
