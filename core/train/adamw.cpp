#include "core/train/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <stdexcept>

namespace diapason {

AdamW::AdamW(std::vector<at::Tensor> parameters, const AdamWOptions& options, const std::vector<Pace>& paces)
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
    m_gradients = at::empty_like(m_values);
    m_first = at::zeros_like(m_values);
    m_second = at::zeros_like(m_values);
    divide(paces);
}

void AdamW::divide(const std::vector<Pace>& paces) {
    if (!paces.empty() && paces.size() != m_parameters.size()) throw std::logic_error("a parameter's pace is missing");
    std::int64_t start = 0, end = 0;
    for (std::size_t i = 0; i < m_parameters.size(); ++i) {
        end += m_parameters[i].numel();
        const Pace pace = paces.empty() ? Pace{} : paces[i];
        const bool last = i + 1 == m_parameters.size();
        if (!last && (paces.empty() || paces[i + 1] == pace)) continue;
        const auto part = [&](const at::Tensor& all) { return all.narrow(0, start, end - start); };
        m_parts.push_back({pace, part(m_values), part(m_gradients), part(m_first), part(m_second)});
        start = end;
    }
}

void AdamW::accumulate() {
    const c10::NoGradGuard guard;
    std::int64_t start = 0;
    for (at::Tensor& p : m_parameters) {
        at::Tensor sum = m_gradients.narrow(0, start, p.numel()).view(p.sizes());
        start += p.numel();
        // A tensor that the loss did not reach has no gradient and stays as it is.
        if (!p.grad().defined()) {
            if (m_spent) sum.zero_();
            continue;
        }
        if (m_spent)
            sum.copy_(p.grad());
        else
            sum.add_(p.grad());
        p.mutable_grad() = at::Tensor();
    }
    m_spent = false;
}

at::Tensor AdamW::gradient_norm() const {
    const c10::NoGradGuard guard;
    return m_spent ? at::zeros({}, m_values.options()) : m_gradients.norm();
}

void AdamW::scale_gradients(double factor) {
    const c10::NoGradGuard guard;
    if (factor != 1.0 && !m_spent) m_gradients.mul_(factor);
}

void AdamW::clip(double clip_norm, const at::Tensor& norm) {
    if (clip_norm <= 0 || m_spent) return;
    const c10::NoGradGuard guard;
    m_gradients.mul_((clip_norm / (norm + 1e-6)).clamp_max(1.0));
}

void AdamW::step(double learning_rate) {
    const c10::NoGradGuard guard;
    if (m_spent) m_gradients.zero_();
    m_spent = true;
    ++m_steps;
    if (m_values.is_meta()) return; // the kernel is for devices that compute
    for (const Part& part : m_parts) {
        for (std::int64_t updates = (m_steps - 1) * part.pace.times + 1; updates <= m_steps * part.pace.times;
             ++updates) {
            const at::Tensor steps = at::full({}, static_cast<double>(updates), m_values.options().dtype(at::kFloat));
            at::_fused_adamw_(part.values, part.gradients, part.first, part.second, {}, steps,
                              learning_rate * part.pace.rate, m_options.beta1, m_options.beta2, m_options.weight_decay,
                              m_options.epsilon, false, false);
        }
    }
}

void AdamW::set_state(const at::Tensor& values, const at::Tensor& first, const at::Tensor& second, std::int64_t steps) {
    const c10::NoGradGuard guard;
    m_values.copy_(values);
    m_first.copy_(first);
    m_second.copy_(second);
    m_spent = true;
    m_steps = steps;
}

void AdamW::set_values(const at::Tensor& values) {
    const c10::NoGradGuard guard;
    m_values.copy_(values);
}

} // namespace diapason
