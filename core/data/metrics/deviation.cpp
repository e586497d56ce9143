// How far predicted numbers are from those expected.
#include "core/data/metrics/families.h"

#include <cmath>

namespace diapason {
namespace {

double squared(double difference) {
    return difference * difference;
}
double absolute(double difference) {
    return std::abs(difference);
}

template <double (&of)(double)>
class DeviationScorer : public MeanScorer {
public:
    DeviationScorer(const NumberOutcomes& outcomes, const OptionValues& /*values*/)
        : MeanScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::optional<double> item_value(std::size_t item) const override {
        return finite(of(m_outcomes.predicted.at(item) - m_outcomes.expected.at(item)));
    }

private:
    const NumberOutcomes& m_outcomes;
};

template <double (&of)(double)>
MetricInfo row(std::string name, std::string label, std::string help) {
    return {{std::move(name), std::move(label), "", 1, 3, Direction::lower, std::move(help)},
            "",
            {},
            defined_as("average:items|version:1"),
            made_by<DeviationScorer<of>, NumberOutcomes>};
}

} // namespace

std::vector<MetricInfo> deviation_metrics() {
    return {row<squared>("mean_squared_error", "mean squared error", "Mean of the squared differences."),
            row<absolute>("mean_absolute_error", "mean absolute error", "Mean of the differences without their sign.")};
}

} // namespace diapason
