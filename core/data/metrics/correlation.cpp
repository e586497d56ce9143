// Correlations of predicted and expected numbers.
#include "core/data/metrics/families.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diapason {
namespace {

using Numbers = std::vector<double>;

bool constant(const Numbers& x) {
    return std::all_of(x.begin(), x.end(), [&](double value) { return value == x.front(); });
}

bool usable(const Numbers& x, const Numbers& y) {
    const auto is_finite = [](double value) { return std::isfinite(value); };
    return x.size() >= 2 && std::all_of(x.begin(), x.end(), is_finite) && std::all_of(y.begin(), y.end(), is_finite) &&
           !constant(x) && !constant(y);
}

double mean(const Numbers& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

// x - m over its length, scaled such that no square is lost to the range of double.
Numbers direction(const Numbers& x) {
    Numbers centred = x;
    const double m = mean(x);
    double largest = 0;
    for (double& value : centred)
        largest = std::max(largest, std::abs(value -= m));
    double squares = 0;
    for (double& value : centred) {
        value /= largest;
        squares += value * value;
    }
    for (double& value : centred)
        value /= std::sqrt(squares);
    return centred;
}

std::optional<double> pearson(const Numbers& x, const Numbers& y) {
    if (!usable(x, y)) return std::nullopt;
    const Numbers a = direction(x), b = direction(y);
    const double product = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    return finite(std::clamp(product, -1.0, 1.0)); // rounding must not leave the range; NaN stays one
}

// Ranks from 1; equal values share their mean rank.
Numbers ranks(const Numbers& x) {
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
    Numbers ranks(x.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last < order.size() && x[order[last]] == x[order[first]])
            ++last;
        for (std::size_t k = first; k < last; ++k)
            ranks[order[k]] = static_cast<double>(first + 1 + last) / 2;
        first = last;
    }
    return ranks;
}

std::optional<double> spearman(const Numbers& x, const Numbers& y) {
    if (!usable(x, y)) return std::nullopt;
    return pearson(ranks(x), ranks(y));
}

// Pairs of equal neighbours in a sorted range, by what `same` compares.
template <class Same>
double tied_pairs(const std::vector<std::size_t>& order, Same same) {
    double pairs = 0;
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last < order.size() && same(order[first], order[last]))
            ++last;
        const auto n = static_cast<double>(last - first);
        pairs += n * (n - 1) / 2;
        first = last;
    }
    return pairs;
}

// Pairs in the wrong order, counted while merging.
double sort_counting_swaps(std::vector<std::size_t>& order, const Numbers& y) {
    std::vector<std::size_t> merged(order.size());
    double swaps = 0;
    for (std::size_t half = 1; half < order.size(); half *= 2) {
        for (std::size_t begin = 0; begin < order.size(); begin += 2 * half) {
            const std::size_t middle = std::min(begin + half, order.size());
            const std::size_t end = std::min(begin + 2 * half, order.size());
            std::size_t a = begin, b = middle;
            for (std::size_t k = begin; k < end; ++k) {
                const bool from_right = a == middle || (b < end && y[order[b]] < y[order[a]]);
                if (from_right) swaps += static_cast<double>(middle - a);
                merged[k] = order[from_right ? b++ : a++];
            }
        }
        std::swap(order, merged);
    }
    return swaps;
}

// Tau-b (Kendall 1945), in n·log n steps (Knight 1966).
std::optional<double> kendall(const Numbers& x, const Numbers& y) {
    if (!usable(x, y)) return std::nullopt;
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return x[a] < x[b] || (x[a] == x[b] && y[a] < y[b]); });
    const auto n = static_cast<double>(x.size());
    const double pairs = n * (n - 1) / 2;
    const double in_x = tied_pairs(order, [&](std::size_t a, std::size_t b) { return x[a] == x[b]; });
    const double in_both =
        tied_pairs(order, [&](std::size_t a, std::size_t b) { return x[a] == x[b] && y[a] == y[b]; });
    const double swaps = sort_counting_swaps(order, y);
    const double in_y = tied_pairs(order, [&](std::size_t a, std::size_t b) { return y[a] == y[b]; });
    const double difference = pairs - in_x - in_y + in_both - 2 * swaps;
    return quotient(difference / std::sqrt(pairs - in_x), std::sqrt(pairs - in_y));
}

// Of all items or drawn ones together.
template <std::optional<double> (&value)(const Numbers&, const Numbers&)>
class CorrelationScorer : public Scorer {
public:
    CorrelationScorer(const NumberOutcomes& outcomes, const OptionValues& /*values*/)
        : Scorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::optional<double> value_of_items(const std::vector<std::size_t>& drawn) const override {
        Numbers predicted, expected;
        for (const std::size_t item : drawn) {
            predicted.push_back(m_outcomes.predicted.at(item));
            expected.push_back(m_outcomes.expected.at(item));
        }
        return value(predicted, expected);
    }
    std::optional<double> item_value(std::size_t /*item*/) const override { return std::nullopt; }

protected:
    const NumberOutcomes& m_outcomes;
};

// Statistics: items, sums and squares and the product of the differences from the means of all items, in units of the
// largest: sums of the numbers themselves would cancel.
class PearsonScorer : public CorrelationScorer<pearson> {
public:
    PearsonScorer(const NumberOutcomes& outcomes, const OptionValues& values)
        : CorrelationScorer(outcomes, values),
          m_predicted(scale_of(outcomes.predicted)),
          m_expected(scale_of(outcomes.expected)) {}

    std::size_t width() const override { return 6; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const double x = (m_outcomes.predicted.at(item) - m_predicted.mean) / m_predicted.unit;
        const double y = (m_outcomes.expected.at(item) - m_expected.mean) / m_expected.unit;
        const double statistics[] = {1, x, y, x * x, y * y, x * y};
        for (std::size_t k = 0; k < width(); ++k)
            sums[k] += statistics[k];
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        const double n = sums[0];
        const double in_x = sums[3] - sums[1] * sums[1] / n, in_y = sums[4] - sums[2] * sums[2] / n;
        // What is left of equal numbers is rounding.
        if (!(in_x > 1e-12 * sums[3]) || !(in_y > 1e-12 * sums[4])) return std::nullopt;
        return finite(std::clamp((sums[5] - sums[1] * sums[2] / n) / std::sqrt(in_x * in_y), -1.0, 1.0));
    }

private:
    struct Scale {
        double mean = 0, unit = 1;
    };
    static Scale scale_of(const Numbers& numbers) {
        if (numbers.empty()) return {};
        Scale scale{diapason::mean(numbers), 0};
        for (const double number : numbers)
            scale.unit = std::max(scale.unit, std::abs(number - scale.mean));
        if (scale.unit == 0) scale.unit = 1;
        return scale;
    }

    Scale m_predicted, m_expected;
};

MeasureInfo correlation(std::string name, std::string label, std::string help) {
    return {std::move(name), std::move(label), "%", 100, 1, Direction::higher, std::move(help)};
}

} // namespace

std::vector<MetricInfo> correlation_metrics() {
    return {{correlation("pearson", "Pearson correlation",
                         "Linear correlation of predicted and expected numbers; undefined when one is constant."),
             "SciPy, pearsonr",
             {},
             defined_as("constant:undefined|version:1"),
             made_by<PearsonScorer, NumberOutcomes>},
            {correlation("spearman", "Spearman correlation",
                         "Correlation of ranks, equal numbers sharing theirs; undefined when one is constant."),
             "SciPy, spearmanr",
             {},
             defined_as("ties:mean|constant:undefined|version:1"),
             made_by<CorrelationScorer<spearman>, NumberOutcomes>},
            {correlation("kendall", "Kendall's tau-b",
                         "Pairs in the same order less those in the other; undefined when one side is constant."),
             "SciPy, kendalltau",
             {},
             defined_as("variant:b|constant:undefined|version:1"),
             made_by<CorrelationScorer<kendall>, NumberOutcomes>}};
}

} // namespace diapason
