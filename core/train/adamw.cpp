#include "core/train/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diapason {

AdamW::AdamW(std::vector<at::Tensor> parameters, const AdamWOptions& options, const std::vector<double>& rates)
    : m_options(options),
      m_parameters(std::move(parameters)) {
    if (m_parameters.empty()) throw std::logic_error("nothing to train");
    const c10::NoGradGuard guard;
    std::int64_t size = 0;
    for (const at::Tensor& p : m_parameters)
        size += p.numel();
    m_values = at::empty({size}, m_parameters.front().options().requires_grad(false));
    std::int64_t start = 0;
    for (at::Tensor& p : m_parameters) {
        const at::Tensor view = m_values.narrow(0, start, p.numel()).view(p.sizes());
        view.copy_(p);
        p.set_data(view);
        start += p.numel();
    }
    if (std::any_of(rates.begin(), rates.end(), [](double rate) { return rate != 1; })) {
        if (rates.size() != m_parameters.size()) throw std::logic_error("a learning rate is missing");
        std::vector<at::Tensor> parts;
        for (std::size_t i = 0; i < rates.size(); ++i)
            parts.push_back(at::full({m_parameters[i].numel()}, rates[i], m_values.options()));
        m_rates = at::cat(parts);
    }
    m_gradients = at::zeros_like(m_values);
    m_first = at::zeros_like(m_values);
    m_second = at::zeros_like(m_values);
}

void AdamW::accumulate() {
    const c10::NoGradGuard guard;
    std::int64_t start = 0;
    for (at::Tensor& p : m_parameters) {
        // A tensor that the loss did not reach has no gradient and stays as it is.
        if (p.grad().defined()) {
            m_gradients.narrow(0, start, p.numel()).view(p.sizes()).add_(p.grad());
            p.mutable_grad() = at::Tensor();
        }
        start += p.numel();
    }
}

at::Tensor AdamW::gradient_norm() const {
    const c10::NoGradGuard guard;
    return m_gradients.norm();
}

void AdamW::scale_gradients(double factor) {
    const c10::NoGradGuard guard;
    if (factor != 1.0) m_gradients.mul_(factor);
}

void AdamW::clip(double clip_norm, const at::Tensor& norm) {
    if (clip_norm <= 0) return;
    const c10::NoGradGuard guard;
    m_gradients.mul_((clip_norm / (norm + 1e-6)).clamp_max(1.0));
}

void AdamW::step(double learning_rate) {
    const c10::NoGradGuard guard;
    ++m_steps;
    const double correction1 = 1 - std::pow(m_options.beta1, static_cast<double>(m_steps));
    const double correction2 = 1 - std::pow(m_options.beta2, static_cast<double>(m_steps));
    if (m_rates.defined())
        m_values.mul_(1 - m_rates * (learning_rate * m_options.weight_decay));
    else
        m_values.mul_(1 - learning_rate * m_options.weight_decay);
    m_first.lerp_(m_gradients, 1 - m_options.beta1);
    m_second.mul_(m_options.beta2).addcmul_(m_gradients, m_gradients, 1 - m_options.beta2);
    const at::Tensor denominator = m_second.sqrt().div_(std::sqrt(correction2)).add_(m_options.epsilon);
    m_values.addcdiv_(m_rates.defined() ? m_first * m_rates : m_first, denominator, -learning_rate / correction1);
    m_gradients.zero_();
}

void AdamW::set_state(const at::Tensor& values, const at::Tensor& first, const at::Tensor& second, std::int64_t steps) {
    const c10::NoGradGuard guard;
    m_values.copy_(values);
    m_first.copy_(first);
    m_second.copy_(second);
    m_gradients.zero_();
    m_steps = steps;
}

} // namespace diapason
