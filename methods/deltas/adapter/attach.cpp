#include "methods/deltas/adapter/attach.h"

#include "methods/deltas/adapter/adapter_init.h"
#include "methods/deltas/adapter/bottleneck.h"
#include "methods/deltas/adapter/linear_adapter.h"

#include <algorithm>
#include <stdexcept>

namespace diapason {
namespace {

AdapterPlace place_of(const AdapterPlan& plan) {
    AdapterPlace place;
    if (plan.input == "sum") place.input = AdapterInput::sum;
    if (plan.input == "normalised_sum") place.input = AdapterInput::normalised_sum;
    if (plan.input == "residual") place.input = AdapterInput::residual;
    if (plan.input == "sublayer_input") place.input = AdapterInput::sublayer_input;
    return place;
}

class AdapterBuilder {
public:
    AdapterBuilder(const AdapterPlan& plan, Model& model, MethodContext& context)
        : m_plan(plan),
          m_model(model),
          m_init(plan, model, context.generator) {}

    void attach(const AdapterTarget& target) {
        const Site& site = target.site;
        const std::string name = site.address();
        if (site.is_linear()) {
            m_model.backbone().linear_at(site).deltas.push_back(
                std::make_unique<LinearAdapter>(form(target, name), m_plan.insertion == DeltaInsertion::serial));
            return;
        }
        if (m_plan.form == DeltaForm::multi_head) {
            Parameter* down = m_init.heads(name + ".down", target.heads, target.head_width, m_plan.size);
            Parameter* up = m_init.heads_up(name + ".up", target.heads, m_plan.size, target.head_width);
            Parameter* scale = learned_scale(name);
            m_model.backbone().attention_at(site).head_deltas.push_back(std::make_unique<MultiHeadAdapter>(
                DeltaTensor{down}, DeltaTensor{up}, delta_activation(m_plan.activation), m_plan.scale, scale));
        } else if (site.point == "heads") {
            auto own = form(target, name);
            const Norm behind = m_plan.norm_out ? m_init.norm(name + ".ln_out", target.out) : Norm{};
            m_model.backbone().attention_at(site).head_deltas.push_back(
                std::make_unique<HeadsAdapter>(std::move(own), m_plan.insertion == DeltaInsertion::serial, behind));
        } else {
            auto own = form(target, name);
            const Norm behind = m_plan.norm_out ? m_init.norm(name + ".ln_out", target.out) : Norm{};
            m_model.backbone().block_at(site).deltas.push_back(
                std::make_unique<BlockAdapter>(std::move(own), place_of(m_plan), behind));
        }
    }

private:
    Bottleneck form(const AdapterTarget& target, const std::string& name) {
        Bottleneck form;
        form.activation = delta_activation(m_plan.activation);
        if (form.activation == nullptr) throw std::logic_error("no activation " + m_plan.activation);
        if (m_plan.norm_in) form.norm = m_init.norm(name + ".ln", target.in);
        form.down = m_init.down(name + ".down", target.in);
        form.up = m_init.up(name + ".up", target.out);
        form.scale = m_plan.scale;
        form.learned_scale = learned_scale(name);
        form.dropout = m_plan.dropout;
        form.inner_dropout = m_plan.inner_dropout;
        return form;
    }
    Parameter* learned_scale(const std::string& name) {
        return m_plan.composition == DeltaComposition::learned ? m_init.ones(name + ".scale", 1) : nullptr;
    }

    const AdapterPlan& m_plan;
    Model& m_model;
    AdapterInit m_init;
};

} // namespace

void attach_adapters(const AdapterPlan& plan, Model& model, MethodContext& context) {
    AdapterBuilder builder(plan, model, context);
    for (const AdapterTarget& target : plan.targets)
        builder.attach(target);
}

} // namespace diapason
