// Metrics of one class for each item, as scikit-learn computes them.
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"
#include "core/data/metrics/families.h"

#include <algorithm>
#include <cmath>

namespace diapason {
namespace {

bool is_right(const ClassOutcomes& outcomes, std::size_t item) {
    return outcomes.predicted.at(item) == outcomes.expected.at(item);
}

class AccuracyScorer : public MeanScorer {
public:
    AccuracyScorer(const ClassOutcomes& outcomes, const OptionValues& /*values*/)
        : MeanScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::optional<double> item_value(std::size_t item) const override { return is_right(m_outcomes, item) ? 1 : 0; }

private:
    const ClassOutcomes& m_outcomes;
};

class LegalShareScorer : public MeanScorer {
public:
    LegalShareScorer(const ClassOutcomes& outcomes, const OptionValues& /*values*/)
        : MeanScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::optional<double> item_value(std::size_t item) const override {
        const std::int64_t answer = m_outcomes.predicted.at(item);
        return answer >= 0 && answer < m_outcomes.classes ? 1 : 0;
    }

private:
    const ClassOutcomes& m_outcomes;
};

// Of one class: how often it was expected, predicted, and both. That is all that the metrics below take from a
// confusion matrix; of a hundred thousand classes the matrix itself would be 80 GB.
struct ClassCounts {
    double expected = 0, predicted = 0, right = 0;
    double f1() const { return expected + predicted > 0 ? 2 * right / (expected + predicted) : 0; }
    double precision() const { return predicted > 0 ? right / predicted : 0; }
    double recall() const { return expected > 0 ? right / expected : 0; }
};
/// Of the classes that occur among labels or predictions, by number; a class without either is left out.
using Counts = std::vector<ClassCounts>;

// A function of the counts of all classes. Statistics: these counts, class by class.
template <std::optional<double> (&value)(const Counts&), bool tells_classes = false>
class CountsScorer : public SumScorer {
public:
    CountsScorer(const ClassOutcomes& outcomes, const OptionValues& /*values*/)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes),
          m_classes(outcomes.predicted) {
        m_classes.insert(m_classes.end(), outcomes.expected.begin(), outcomes.expected.end());
        std::sort(m_classes.begin(), m_classes.end());
        m_classes.erase(std::unique(m_classes.begin(), m_classes.end()), m_classes.end());
    }

    std::size_t width() const override { return std::max<std::size_t>(3, 3 * m_classes.size()); }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const std::size_t expected = 3 * place_of(m_outcomes.expected.at(item));
        const std::size_t predicted = 3 * place_of(m_outcomes.predicted.at(item));
        sums[expected] += 1;
        sums[predicted + 1] += 1;
        if (expected == predicted) sums[expected + 2] += 1;
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        Counts counts;
        for (std::size_t k = 0; k < sums.size(); k += 3) {
            if (sums[k] + sums[k + 1] > 0) counts.push_back({sums[k], sums[k + 1], sums[k + 2]});
        }
        return value(counts);
    }
    std::optional<double> item_value(std::size_t item) const override { return is_right(m_outcomes, item) ? 1 : 0; }

private:
    std::vector<NamedScore> parts_of(const std::vector<double>& sums) const override {
        std::vector<NamedScore> parts;
        for (std::size_t k = 0; tells_classes && k < m_classes.size(); ++k) {
            const ClassCounts counts{sums[3 * k], sums[3 * k + 1], sums[3 * k + 2]};
            const auto number = static_cast<std::size_t>(m_classes[k]);
            const std::string name =
                number < m_outcomes.names.size() ? m_outcomes.names[number] : std::to_string(m_classes[k]);
            parts.push_back({"per_class_f1." + name, counts.f1()});
        }
        return parts;
    }
    std::size_t place_of(std::int64_t number) const {
        return static_cast<std::size_t>(std::lower_bound(m_classes.begin(), m_classes.end(), number) -
                                        m_classes.begin());
    }

    const ClassOutcomes& m_outcomes;
    std::vector<std::int64_t> m_classes;
};

template <double (ClassCounts::*of_class)() const>
std::optional<double> mean(const Counts& counts) {
    double sum = 0;
    for (const ClassCounts& count : counts)
        sum += (count.*of_class)();
    return quotient(sum, static_cast<double>(counts.size()));
}

std::optional<double> weighted_f1(const Counts& counts) {
    double sum = 0, all = 0;
    for (const ClassCounts& count : counts) {
        sum += count.expected * count.f1();
        all += count.expected;
    }
    return quotient(sum, all);
}

std::optional<double> micro_f1(const Counts& counts) {
    ClassCounts pooled;
    for (const ClassCounts& count : counts) {
        pooled.expected += count.expected;
        pooled.predicted += count.predicted;
        pooled.right += count.right;
    }
    return pooled.f1();
}

// Mean recall over the classes that were expected.
std::optional<double> balanced_accuracy(const Counts& counts) {
    double sum = 0, classes = 0;
    for (const ClassCounts& count : counts) {
        sum += count.recall();
        classes += count.expected > 0 ? 1 : 0;
    }
    return quotient(sum, classes);
}

// Sums over the classes that chance-corrected metrics are made of; whole numbers, and thus exact.
struct Margins {
    double items = 0, right = 0, both = 0, expected = 0, predicted = 0;
    explicit Margins(const Counts& counts) {
        for (const ClassCounts& count : counts) {
            items += count.expected;
            right += count.right;
            both += count.expected * count.predicted;
            expected += count.expected * count.expected;
            predicted += count.predicted * count.predicted;
        }
    }
};

// Matthews correlation for several classes (Gorodkin 2004); 0 with an empty margin, by convention.
std::optional<double> matthews(const Counts& counts) {
    const Margins of(counts);
    const double square = of.items * of.items;
    const double denominator = std::sqrt((square - of.expected) * (square - of.predicted));
    return denominator == 0 ? 0 : (of.items * of.right - of.both) / denominator;
}

// Agreement beyond chance (Cohen 1960), undefined where chance agrees always.
std::optional<double> cohen_kappa(const Counts& counts) {
    const Margins of(counts);
    return quotient(of.right * of.items - of.both, of.items * of.items - of.both);
}

// The class that binary metrics ask about, by its name where classes have one.
std::int64_t positive_class(const ClassOutcomes& outcomes, const std::string& positive) {
    const auto& names = outcomes.names;
    if (const auto found = std::find(names.begin(), names.end(), positive); found != names.end())
        return found - names.begin();
    const std::optional<std::int64_t> number = whole_number(positive);
    if (!names.empty() || !number)
        throw config_error("positive", positive, "is not one of the classes",
                           names.empty() ? "Give the number of a class, from 0" : "Choose from " + joined(names));
    return *number;
}

// Statistics: how often the positive class was expected, predicted, and both.
template <double (ClassCounts::*of_class)() const>
class BinaryScorer : public SumScorer {
public:
    BinaryScorer(const ClassOutcomes& outcomes, const OptionValues& values)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes),
          m_positive(outcomes.items() == 0 ? 0 : positive_class(outcomes, values.text("positive"))) {}

    std::size_t width() const override { return 3; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const bool expected = m_outcomes.expected.at(item) == m_positive;
        const bool predicted = m_outcomes.predicted.at(item) == m_positive;
        sums[0] += expected ? 1 : 0;
        sums[1] += predicted ? 1 : 0;
        sums[2] += expected && predicted ? 1 : 0;
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        return (ClassCounts{sums[0], sums[1], sums[2]}.*of_class)();
    }
    std::optional<double> item_value(std::size_t item) const override { return is_right(m_outcomes, item) ? 1 : 0; }

private:
    const ClassOutcomes& m_outcomes;
    std::int64_t m_positive;
};

template <std::optional<double> (&value)(const Counts&), bool tells_classes = false>
MetricInfo of_counts(MeasureInfo words, const std::string& source, const std::string& definition) {
    return {std::move(words),
            source,
            {},
            defined_as(definition),
            made_by<CountsScorer<value, tells_classes>, ClassOutcomes>};
}

template <double (ClassCounts::*of_class)() const>
MetricInfo of_positive(MeasureInfo words, const std::string& average) {
    return {std::move(words),
            "scikit-learn, average=binary",
            {option::text("positive", "Positive class", "1",
                          "The class that is looked for: its name, or its number where classes have no names")},
            {[average](const OptionValues& values, const std::string&) {
                return "average:" + average + "|positive:" + values.text("positive") + "|undefined:0|version:1";
            }},
            made_by<BinaryScorer<of_class>, ClassOutcomes>};
}

} // namespace

std::vector<MetricInfo> classification_metrics() {
    return {
        {share_measure("accuracy", "accuracy", "Share of items whose class was found."),
         "",
         {},
         defined_as("version:1"),
         made_by<AccuracyScorer, ClassOutcomes>},
        of_counts<mean<&ClassCounts::f1>, true>(share_measure("macro_f1", "macro F1", "Mean F1 over the classes."),
                                                "scikit-learn, average=macro",
                                                "average:macro|classes:present|version:1"),
        of_counts<matthews>(share_measure("matthews", "Matthews correlation",
                                          "Correlation of labels and predictions; 0 when one of them is constant."),
                            "Gorodkin 2004", "constant:0|version:1"),
        of_positive<&ClassCounts::f1>(share_measure("binary_f1", "F1", "F1 of the positive class."), "binary"),
        of_positive<&ClassCounts::precision>(
            share_measure("binary_precision", "precision", "Share of the positive answers that are right."), "binary"),
        of_positive<&ClassCounts::recall>(
            share_measure("binary_recall", "recall", "Share of the positive items that were found."), "binary"),
        of_counts<micro_f1>(share_measure("micro_f1", "micro F1",
                                          "F1 of all classes pooled; with one class an item it is the accuracy."),
                            "scikit-learn, average=micro", "average:micro|version:1"),
        of_counts<weighted_f1>(
            share_measure("weighted_f1", "weighted F1", "Mean F1 over the classes, weighted by their items."),
            "scikit-learn, average=weighted", "average:weighted|version:1"),
        of_counts<mean<&ClassCounts::precision>>(
            share_measure("macro_precision", "macro precision", "Mean precision over the classes."),
            "scikit-learn, average=macro", "average:macro|of:precision|classes:present|version:1"),
        of_counts<mean<&ClassCounts::recall>>(
            share_measure("macro_recall", "macro recall", "Mean recall over the classes."),
            "scikit-learn, average=macro", "average:macro|of:recall|classes:present|version:1"),
        of_counts<balanced_accuracy>(
            share_measure("balanced_accuracy", "balanced accuracy", "Mean recall over the classes that were expected."),
            "scikit-learn", "classes:expected|version:1"),
        of_counts<cohen_kappa>(
            share_measure("cohen_kappa", "Cohen's kappa", "Agreement of labels and predictions beyond chance."),
            "Cohen 1960", "weights:none|version:1"),
        {share_measure("legal_share", "share of legal outputs", "Share of items whose answer is a class of the task."),
         "",
         {},
         defined_as("version:1"),
         made_by<LegalShareScorer, ClassOutcomes>},
    };
}

} // namespace diapason
