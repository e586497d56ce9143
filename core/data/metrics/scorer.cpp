#include "core/data/metrics/scorer.h"

#include "core/data/metrics/outcomes.h"

#include <cmath>
#include <iterator>
#include <numeric>
#include <stdexcept>

namespace diapason {

const char* name_of(OutcomeKind kind) {
    static constexpr const char* names[] = {"classes", "texts", "numbers",     "tags",
                                            "sets",    "ranks", "confidences", "likelihoods"};
    static_assert(std::size(names) == std::variant_size_v<Outcomes>);
    return names[static_cast<std::size_t>(kind)];
}

std::vector<std::size_t> Scorer::all_items() const {
    std::vector<std::size_t> all(m_items);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

MetricScore Scorer::score() const {
    return {value_of_items(all_items())};
}

std::vector<double> Scorer::statistics_of(std::size_t item) const {
    std::vector<double> statistics(width());
    add_statistics(item, statistics);
    return statistics;
}

void Scorer::add_statistics(std::size_t /*item*/, std::vector<double>& /*sums*/) const {
    throw std::logic_error("this metric does not add up");
}

std::optional<double> Scorer::value_of(const std::vector<double>& /*sums*/) const {
    throw std::logic_error("this metric does not add up");
}

std::vector<double> SumScorer::sums_of(const std::vector<std::size_t>& drawn) const {
    std::vector<double> sums(width());
    for (const std::size_t item : drawn)
        add_statistics(item, sums);
    return sums;
}

MetricScore SumScorer::score() const {
    if (items() == 0) return {};
    const std::vector<double> sums = sums_of(all_items());
    return {value_of(sums), parts_of(sums)};
}

std::optional<double> SumScorer::value_of_items(const std::vector<std::size_t>& drawn) const {
    return drawn.empty() ? std::nullopt : value_of(sums_of(drawn));
}

std::optional<double> SumScorer::item_value(std::size_t item) const {
    return value_of(statistics_of(item));
}

std::vector<NamedScore> SumScorer::parts_of(const std::vector<double>& /*sums*/) const {
    return {};
}

void MeanScorer::add_statistics(std::size_t item, std::vector<double>& sums) const {
    const std::optional<double> value = item_value(item);
    if (!value) return;
    sums[0] += *value;
    sums[1] += 1;
}

std::optional<double> MeanScorer::value_of(const std::vector<double>& sums) const {
    return quotient(sums[0], sums[1]);
}

std::optional<double> quotient(double a, double b) {
    return finite(a / b);
}

std::optional<double> finite(double value) {
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

double f_measure(double precision, double recall) {
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

} // namespace diapason
