#include "core/data/metric_functions.h"

#include <cmath>
#include <map>

namespace diapason::metric {
namespace {

// Of one class: how often it was expected, predicted, and both. That is all that the metrics below take from a
// confusion matrix; of a hundred thousand classes the matrix itself would be 80 GB.
struct ClassCounts {
    double expected = 0, predicted = 0, right = 0;
};

// In the order of the classes' numbers; only those that occur.
std::map<std::int64_t, ClassCounts> counts_of(const ClassOutcomes& outcomes) {
    std::map<std::int64_t, ClassCounts> counts;
    for (std::size_t i = 0; i < outcomes.predicted.size(); ++i) {
        counts[outcomes.expected[i]].expected += 1;
        counts[outcomes.predicted[i]].predicted += 1;
        if (outcomes.expected[i] == outcomes.predicted[i]) counts[outcomes.expected[i]].right += 1;
    }
    return counts;
}

} // namespace

double accuracy(const ClassOutcomes& outcomes) {
    double found = 0;
    for (std::size_t i = 0; i < outcomes.predicted.size(); ++i)
        found += right(outcomes, i);
    return found / static_cast<double>(outcomes.predicted.size());
}

// Mean F1 over the classes that occur among labels or predictions; a class without either is left out, as scikit-learn
// does.
double macro_f1(const ClassOutcomes& outcomes) {
    const auto counts = counts_of(outcomes);
    double sum = 0;
    for (const auto& [number, count] : counts)
        sum += 2 * count.right / (count.expected + count.predicted);
    return sum / static_cast<double>(counts.size());
}

// Matthews correlation for several classes (Gorodkin 2004); 0 with an empty margin, by convention.
double matthews(const ClassOutcomes& outcomes) {
    double all = 0, found = 0, row_column = 0, rows = 0, columns = 0;
    for (const auto& [number, count] : counts_of(outcomes)) {
        all += count.expected;
        found += count.right;
        row_column += count.expected * count.predicted;
        rows += count.expected * count.expected;
        columns += count.predicted * count.predicted;
    }
    const double denominator = std::sqrt((all * all - rows) * (all * all - columns));
    return denominator == 0 ? 0 : (all * found - row_column) / denominator;
}

double right(const ClassOutcomes& outcomes, std::size_t item) {
    return outcomes.predicted.at(item) == outcomes.expected.at(item) ? 1 : 0;
}

} // namespace diapason::metric
