#include "core/train/trainer.h"

#include "core/base/error.h"

#include <algorithm>

namespace diapason {
namespace {

AdamW optimiser_of(Model& model, const AdamWOptions& options, const std::map<const Parameter*, int>& names) {
    std::vector<at::Tensor> values;
    std::vector<AdamW::Pace> paces;
    for (Parameter* parameter : model.trainable()) {
        const auto found = names.find(parameter);
        values.push_back(parameter->value);
        paces.push_back({parameter->rate, found == names.end() ? 1 : found->second});
    }
    return AdamW(std::move(values), options, paces);
}

} // namespace

Trainer::Trainer(Model& model, const TrainerOptions& options, const std::map<const Parameter*, int>& names)
    : m_model(model),
      m_options(options),
      m_optimiser(optimiser_of(model, options.adamw, names)),
      m_read([&model](const PackedBatch& batch, const ForwardState& state) { return model.read(batch, state); }) {
    if (!options.dropout_seed) return;
    m_dropout.seed = *options.dropout_seed;
    m_state.delta_dropout = &m_dropout;
    if (options.backbone_dropout) m_state.backbone_dropout = &m_dropout;
}

double Trainer::scheduled_rate() const {
    const std::int64_t index = steps();
    const bool early = m_options.warm_from_first && index < m_options.warmup;
    return m_options.learning_rate *
           schedule_factor(m_options.schedule, index + (early ? 1 : 0), m_options.warmup, m_options.steps);
}

Step Trainer::step(const NextBatch& next) {
    return step(next, scheduled_rate());
}

Step Trainer::step(const NextBatch& next, double rate) {
    Step step;
    step.rate = rate;
    std::int64_t labels = 0, examples = 0;
    for (std::int64_t micro = 0; micro < m_options.accumulation; ++micro) {
        const PackedBatch batch = next();
        const LossTerms terms = m_model.loss(m_model.logits_of(m_read(batch, m_state), m_state), batch);
        terms.sum.backward();
        m_optimiser.accumulate();
        const at::Tensor sum = terms.sum.detach();
        step.loss_sum = step.loss_sum.defined() ? step.loss_sum + sum : sum;
        labels += terms.count;
        examples += batch.items();
        step.tokens += batch.tokens();
    }
    // One normaliser for the whole update, so that accumulation equals one big batch.
    step.divisor = static_cast<double>(
        std::max<std::int64_t>(1, m_options.normaliser == LossNormaliser::per_example ? examples : labels));
    // Members of an ensemble share nothing that is normalised: each has the gradient that it would have alone.
    m_optimiser.scale_gradients(static_cast<double>(m_model.members()) / step.divisor);
    step.gradient_norm = m_optimiser.gradient_norm();
    m_optimiser.clip(m_options.clip_norm, step.gradient_norm);
    m_optimiser.step(rate);
    step.number = steps();
    m_settled_counter = m_dropout.counter;
    return step;
}

void Trainer::save(Checkpoint& checkpoint) const {
    checkpoint.tensors["values"] = m_optimiser.values();
    checkpoint.tensors["first_moment"] = m_optimiser.first_moment();
    checkpoint.tensors["second_moment"] = m_optimiser.second_moment();
    checkpoint.state["trainer"] = {{"updates", steps()}, {"dropout_counter", m_settled_counter}};
}

void Trainer::restore(const Checkpoint& checkpoint) {
    const auto part = [&](const char* name) {
        return checkpoint.tensor(name, {m_optimiser.size()}).to(m_optimiser.values().device());
    };
    const Json& state = checkpoint.part("trainer");
    m_optimiser.set_state(part("values"), part("first_moment"), part("second_moment"),
                          state.at("updates").get<std::int64_t>());
    m_dropout.counter = m_settled_counter = state.at("dropout_counter").get<std::uint64_t>();
}

} // namespace diapason
