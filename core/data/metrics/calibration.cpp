// Whether a model's confidence is its accuracy.
#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"

#include <algorithm>
#include <cmath>

namespace diapason {
namespace {

// Expected calibration error (Guo et al. 2017): the mean difference of accuracy and confidence in bins of equal width,
// ((m-1)/M, m/M], weighted by their items. Statistics: items, sum of confidence, right ones, bin by bin.
class CalibrationScorer : public SumScorer {
public:
    CalibrationScorer(const ConfidenceOutcomes& outcomes, const OptionValues& values)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes),
          m_bins(static_cast<std::size_t>(values.integer("bins"))) {}

    std::size_t width() const override { return 3 * m_bins; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const double confidence = m_outcomes.confidence.at(item);
        const double place = std::ceil(confidence * static_cast<double>(m_bins)) - 1;
        const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(m_bins - 1)));
        sums[3 * bin] += 1;
        sums[3 * bin + 1] += confidence;
        sums[3 * bin + 2] += m_outcomes.right.at(item);
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        double gaps = 0, items = 0;
        for (std::size_t k = 0; k < sums.size(); k += 3) {
            gaps += std::abs(sums[k + 2] - sums[k + 1]);
            items += sums[k];
        }
        return quotient(gaps, items);
    }
    std::optional<double> item_value(std::size_t /*item*/) const override { return std::nullopt; }

private:
    const ConfidenceOutcomes& m_outcomes;
    std::size_t m_bins;
};

} // namespace

std::vector<MetricInfo> calibration_metrics() {
    return {{share_measure("calibration_error", "expected calibration error",
                           "Mean difference of accuracy and confidence, in bins of confidence.", Direction::lower),
             "Guo et al. 2017",
             {option::integer("bins", "Bins", 15, 1, 10'000, "Number of bins of equal width", "Guo et al. 2017")},
             {[](const OptionValues& values, const std::string&) {
                 return "bins:" + std::to_string(values.integer("bins")) + "|width:equal|version:1";
             }},
             made_by<CalibrationScorer, ConfidenceOutcomes>}};
}

} // namespace diapason
