#include "experiments/engine/selection.h"

namespace diapason {

void Selection::take(std::int64_t step, double score, const Trainer* trainer, std::optional<Evaluation> validation) {
    m_step = step;
    m_score = score;
    if (trainer != nullptr) m_values = trainer->values().clone();
    m_validation = std::move(validation);
}

void Selection::restore_values(Trainer& trainer) const {
    if (m_values.defined()) trainer.set_values(m_values);
}

void Selection::save(Checkpoint& checkpoint) const {
    Json state = Json::object();
    if (m_score) {
        checkpoint.tensors["selected"] = m_values;
        state = {{"step", m_step}, {"score", number_to_json(*m_score)}};
        if (m_validation) {
            Json metrics = Json::object();
            for (const auto& [name, value] : m_validation->metrics)
                metrics[name] = number_to_json(value);
            state["validation"] = {{"loss", number_to_json(m_validation->loss)}, {"metrics", std::move(metrics)}};
        }
    }
    checkpoint.state["selection"] = std::move(state);
}

void Selection::restore(const Checkpoint& checkpoint) {
    const Json& state = checkpoint.part("selection");
    *this = {};
    if (!state.contains("score")) return;
    m_step = state.at("step").get<std::int64_t>();
    m_score = number_from_json(state.at("score"));
    m_values = checkpoint.tensor("selected", checkpoint.tensor("values", {}).sizes().vec());
    if (!state.contains("validation")) return;
    Evaluation validation;
    validation.loss = number_from_json(state.at("validation").at("loss"));
    for (const auto& [name, value] : state.at("validation").at("metrics").items())
        validation.metrics[name] = number_from_json(value);
    m_validation = std::move(validation);
}

} // namespace diapason
