#include "methods/deltas/adapter/adapter_init.h"

#include <cmath>

namespace diapason {

Parameter* draw_adapter_weight(RandomTensors& draw, const std::string& init, bool up, const std::string& name,
                               std::int64_t in, std::int64_t out) {
    if (init == "normal") return draw.normal(name, {out, in}, 0.02);       // AdapterHub, init_weights = bert
    if (init == "small_normal") return draw.normal(name, {out, in}, 0.01); // OpenDelta
    if (init == "truncated_normal") return draw.truncated_normal(name, {out, in}, 0.01); // Houlsby et al. 2019, §3.6
    if (up) return draw.constant(name, {out, in}, 0);
    return draw.uniform(name, {out, in}, 1 / std::sqrt(static_cast<double>(in)));
}

std::unique_ptr<DeltaMap> AdapterInit::down(const std::string& name, std::int64_t in) {
    return map(name, in, m_plan.size, false);
}

std::unique_ptr<DeltaMap> AdapterInit::up(const std::string& name, std::int64_t out) {
    return map(name, m_plan.size, out, true);
}

std::unique_ptr<DeltaMap> AdapterInit::map(const std::string& name, std::int64_t in, std::int64_t out, bool up) {
    if (m_plan.form == DeltaForm::hypercomplex) return hypercomplex(name, in, out);
    Parameter* weight = draw_adapter_weight(m_draw, m_plan.init, up, name + ".weight", in, out);
    Parameter* bias = m_plan.form == DeltaForm::low_rank ? nullptr : m_draw.constant(name + ".bias", {out}, 0);
    return std::make_unique<DenseMap>(DeltaTensor{weight}, bias);
}

// As the paper's code: A_i N(0, 0.01), the factors of B_i Glorot uniform with gain √2, biases 0.
std::unique_ptr<DeltaMap> AdapterInit::hypercomplex(const std::string& name, std::int64_t in, std::int64_t out) {
    const std::int64_t n = m_plan.kronecker, k = m_plan.kronecker_rank;
    if (m_rule == nullptr) m_rule = m_draw.normal("shared.block.rule", {n, n, n}, 0.01);
    const auto factor = [&](const std::string& end, std::int64_t rows, std::int64_t columns) {
        return m_draw.uniform(name + end, {n, rows, columns}, std::sqrt(12.0 / static_cast<double>(rows + columns)));
    };
    Factors rule, weight;
    rule.whole = m_rule;
    weight.left = factor(".left", in / n, k);
    weight.right = factor(".right", k, out / n);
    return std::make_unique<HypercomplexMap>(rule, weight, m_draw.constant(name + ".bias", {out}, 0));
}

Norm AdapterInit::norm(const std::string& name, std::int64_t width) {
    return {m_draw.constant(name + ".weight", {width}, 1), m_draw.constant(name + ".bias", {width}, 0), 1e-5};
}

Parameter* AdapterInit::ones(const std::string& name, std::int64_t count) {
    return m_draw.constant(name, {count}, 1);
}

Parameter* AdapterInit::heads(const std::string& name, std::int64_t heads, std::int64_t width, std::int64_t size) {
    return m_draw.uniform(name, {heads, width, size}, 1 / std::sqrt(static_cast<double>(width)));
}

Parameter* AdapterInit::heads_up(const std::string& name, std::int64_t heads, std::int64_t size, std::int64_t width) {
    return m_draw.constant(name, {heads, size, width}, 0);
}

} // namespace diapason
