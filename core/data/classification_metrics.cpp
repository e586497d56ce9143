#include "core/data/metric_functions.h"

#include <cmath>

namespace diapason::metric {
namespace {

using Counts = std::vector<std::vector<double>>; // [expected][predicted]

Counts confusion(const ClassOutcomes& outcomes) {
    const auto n = static_cast<std::size_t>(outcomes.classes);
    Counts counts(n, std::vector<double>(n, 0));
    for (std::size_t i = 0; i < outcomes.predicted.size(); ++i)
        counts[static_cast<std::size_t>(outcomes.expected[i])][static_cast<std::size_t>(outcomes.predicted[i])] += 1;
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
    const Counts counts = confusion(outcomes);
    double sum = 0;
    double present = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        double row = 0, column = 0;
        for (std::size_t k = 0; k < counts.size(); ++k) {
            row += counts[c][k];
            column += counts[k][c];
        }
        if (row + column == 0) continue;
        present += 1;
        sum += 2 * counts[c][c] / (row + column);
    }
    return sum / present;
}

// Matthews correlation for several classes (Gorodkin 2004); 0 with an empty margin, by convention.
double matthews(const ClassOutcomes& outcomes) {
    const Counts counts = confusion(outcomes);
    double all = 0, found = 0, row_column = 0, rows = 0, columns = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        double row = 0, column = 0;
        for (std::size_t k = 0; k < counts.size(); ++k) {
            row += counts[c][k];
            column += counts[k][c];
        }
        all += row;
        found += counts[c][c];
        row_column += row * column;
        rows += row * row;
        columns += column * column;
    }
    const double denominator = std::sqrt((all * all - rows) * (all * all - columns));
    return denominator == 0 ? 0 : (all * found - row_column) / denominator;
}

double right(const ClassOutcomes& outcomes, std::size_t item) {
    return outcomes.predicted.at(item) == outcomes.expected.at(item) ? 1 : 0;
}

} // namespace diapason::metric
