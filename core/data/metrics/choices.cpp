// Metrics of several choices for each item: several labels as scikit-learn judges them, the answers to a question as
// MultiRC does (Khashabi et al. 2018).
#include "core/data/metrics/families.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace diapason {
namespace {

using Chosen = std::vector<std::int64_t>;

Chosen ordered(Chosen chosen) {
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

// What was chosen of one item: in either way, in both, and how many choices there were.
struct Agreement {
    double predicted = 0, expected = 0, both = 0;
    std::optional<double> choices = {};
    bool same() const { return predicted == both && expected == both; }
    double f1() const { return predicted + expected > 0 ? 2 * both / (predicted + expected) : 0; }
};

Agreement agreement(const SetOutcomes& outcomes, std::size_t item) {
    const Chosen predicted = ordered(outcomes.predicted.at(item)), expected = ordered(outcomes.expected.at(item));
    Chosen both;
    std::set_intersection(predicted.begin(), predicted.end(), expected.begin(), expected.end(),
                          std::back_inserter(both));
    Agreement found{static_cast<double>(predicted.size()), static_cast<double>(expected.size()),
                    static_cast<double>(both.size())};
    if (item < outcomes.choices.size()) found.choices = static_cast<double>(outcomes.choices[item]);
    return found;
}

std::optional<double> match(const Agreement& of) {
    return of.same() ? 1 : 0;
}

// MultiRC's measure of one question: a precision or recall of nothing is 1.
std::optional<double> question_f1(const Agreement& of) {
    return f_measure(of.predicted > 0 ? of.both / of.predicted : 1, of.expected > 0 ? of.both / of.expected : 1);
}

// Mean F1 over the two classes, chosen and not, as far as they occur (Hugging Face's evaluate).
std::optional<double> question_macro_f1(const Agreement& of) {
    if (!of.choices) return std::nullopt;
    const Agreement without{*of.choices - of.predicted, *of.choices - of.expected,
                            *of.choices - (of.predicted + of.expected - of.both)};
    double sum = 0, classes = 0;
    for (const Agreement* one : {&of, &without}) {
        sum += one->f1();
        classes += one->predicted + one->expected > 0 ? 1 : 0;
    }
    return quotient(sum, classes);
}

template <std::optional<double> (&value)(const Agreement&)>
class ItemMeanScorer : public MeanScorer {
public:
    ItemMeanScorer(const SetOutcomes& outcomes, const OptionValues& /*values*/)
        : MeanScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::optional<double> item_value(std::size_t item) const override { return value(agreement(m_outcomes, item)); }

private:
    const SetOutcomes& m_outcomes;
};

// F1 of all choices of all items pooled. Statistics: chosen in either way, in both.
class PooledScorer : public SumScorer {
public:
    PooledScorer(const SetOutcomes& outcomes, const OptionValues& /*values*/)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes) {}
    std::size_t width() const override { return 3; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const Agreement own = agreement(m_outcomes, item);
        sums[0] += own.predicted;
        sums[1] += own.expected;
        sums[2] += own.both;
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        return Agreement{sums[0], sums[1], sums[2]}.f1();
    }

private:
    const SetOutcomes& m_outcomes;
};

// Mean F1 over the labels. Statistics: chosen in either way, in both, label by label.
class LabelMeanScorer : public SumScorer {
public:
    LabelMeanScorer(const SetOutcomes& outcomes, const OptionValues& /*values*/)
        : SumScorer(outcomes.items()),
          m_outcomes(outcomes) {
        for (const auto* lists : {&outcomes.predicted, &outcomes.expected}) {
            for (const Chosen& chosen : *lists) {
                for (const std::int64_t label : chosen)
                    m_places.emplace(label, 0);
            }
        }
        std::size_t number = 0;
        for (auto& [label, place] : m_places)
            place = 3 * number++;
    }
    std::size_t width() const override { return std::max<std::size_t>(3, 3 * m_places.size()); }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const Chosen predicted = ordered(m_outcomes.predicted.at(item)),
                     expected = ordered(m_outcomes.expected.at(item));
        for (const std::int64_t label : predicted) {
            const std::size_t place = m_places.at(label);
            sums[place] += 1;
            if (std::binary_search(expected.begin(), expected.end(), label)) sums[place + 2] += 1;
        }
        for (const std::int64_t label : expected)
            sums[m_places.at(label) + 1] += 1;
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        double sum = 0, labels = 0;
        for (std::size_t k = 0; k < sums.size(); k += 3) {
            const Agreement of{sums[k], sums[k + 1], sums[k + 2]};
            sum += of.f1();
            labels += of.predicted + of.expected > 0 ? 1 : 0;
        }
        return quotient(sum, labels);
    }
    std::optional<double> item_value(std::size_t item) const override { return agreement(m_outcomes, item).f1(); }

private:
    const SetOutcomes& m_outcomes;
    std::map<std::int64_t, std::size_t> m_places;
};

template <class ItsScorer>
MetricInfo row(MeasureInfo words, const std::string& source, const std::string& definition) {
    return {std::move(words), source, {}, defined_as(definition + "|version:1"), made_by<ItsScorer, SetOutcomes>};
}

} // namespace

std::vector<MetricInfo> choices_metrics() {
    return {
        row<ItemMeanScorer<match>>(share_measure("set_match", "exact set match",
                                                 "Share of items of which all choices are right; MultiRC's EM."),
                                   "Khashabi et al. 2018", "average:items"),
        row<PooledScorer>(
            share_measure("set_micro_f1", "pooled F1", "F1 of the choices of all items pooled; MultiRC's F1a."),
            "Khashabi et al. 2018; scikit-learn, average=micro", "average:micro"),
        row<ItemMeanScorer<question_f1>>(
            share_measure("set_item_f1", "F1 by item",
                          "F1 of each item's choices, averaged over items; MultiRC's official F1m."),
            "Khashabi et al. 2018", "average:items|undefined:1"),
        row<ItemMeanScorer<question_macro_f1>>(
            share_measure("set_item_macro_f1", "macro F1 by item",
                          "Mean F1 of chosen and not chosen, averaged over items; the F1m of Hugging Face's evaluate."),
            "evaluate, super_glue/multirc", "average:items|of:macro|classes:present"),
        row<LabelMeanScorer>(share_measure("set_macro_f1", "macro F1 of labels", "Mean F1 over the labels."),
                             "scikit-learn, average=macro", "average:macro|classes:present"),
    };
}

} // namespace diapason
