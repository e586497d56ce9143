// Which step's values a run tests: the best on validation, or the last.
#pragma once

#include "core/data/metrics.h"
#include "core/train/trainer.h"
#include "experiments/engine/evaluation.h"

#include <optional>

namespace diapason {

class Selection {
public:
    /// Whether this score is better than the one that is taken; the first of equals stays.
    bool improves(const MeasureInfo& judge, double score) const { return !m_score || better(judge, score, *m_score); }
    /// @param trainer null = nothing is trained. @param validation kept, so that it need not be computed again
    void take(std::int64_t step, double score, const Trainer* trainer, std::optional<Evaluation> validation);

    std::int64_t step() const { return m_step; }
    const std::optional<Evaluation>& validation() const { return m_validation; }
    void restore_values(Trainer& trainer) const;

    void save(Checkpoint& checkpoint) const;
    void restore(const Checkpoint& checkpoint);

private:
    std::int64_t m_step = 0;
    std::optional<double> m_score;
    at::Tensor m_values; ///< [trainer.values()]; undefined before the first validation
    std::optional<Evaluation> m_validation;
};

} // namespace diapason
