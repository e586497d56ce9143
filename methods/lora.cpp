#include "methods/lora.h"

#include "core/backbone/sites.h"
#include "methods/lora_delta.h"
#include "methods/method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace diapason {

at::Tensor LoraDelta::up() const {
    const std::int64_t rows = m_b->value.size(0) / m_parts;
    return m_parts == 1 ? m_b->value : m_b->value.narrow(0, m_part * rows, rows);
}

at::Tensor LoraDelta::apply(const at::Tensor& x, const at::Tensor& y, const ForwardState& state) {
    const at::Tensor input = dropout(x, m_dropout, state.delta_dropout);
    // y + s·(x Aᵀ) Bᵀ in one pass over y.
    return at::addmm(y, at::mm(input, m_a->value.t()), up().t(), 1, m_scale);
}

at::Tensor LoraDelta::weight_change() const {
    return at::mm(up(), m_a->value) * m_scale;
}

void attach_lora(const OptionValues& options, Model& model, MethodContext& context) {
    const std::int64_t rank = options.integer("rank");
    const auto r = static_cast<double>(rank);
    const double scale = options.real("alpha") / (options.text("scaling") == "alpha_over_rank" ? r : std::sqrt(r));
    const at::Device device = model.device();
    const auto host = at::TensorOptions().dtype(at::kFloat);
    for (const Site& site : match_sites(model.config(), options.text("targets"))) {
        Linear& linear = model.backbone().linear_at(site);
        at::Tensor a = at::empty({rank, site.in}, host);
        if (options.text("init") == "gaussian")
            a.normal_(0, 1.0 / r, context.generator);
        else
            a.uniform_(-1.0 / std::sqrt(static_cast<double>(site.in)), 1.0 / std::sqrt(static_cast<double>(site.in)),
                       context.generator);
        Parameter& lora_a = model.deltas().add(site.address() + ".lora_A", a.to(device));
        Parameter& lora_b =
            model.deltas().add(site.address() + ".lora_B", at::zeros({site.out, rank}, host).to(device));
        linear.deltas.push_back(std::make_unique<LoraDelta>(lora_a, lora_b, scale, options.real("dropout")));
        model.train({&lora_a, &lora_b});
    }
    model.train_head();
}

} // namespace diapason
