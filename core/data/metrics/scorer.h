// A metric that is ready to judge given outcomes: its value over all items, of one item, and, for statistics over
// resampled items, the sums that it is made of.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

struct NamedScore {
    std::string name; ///< "precision", "counts.2": a point stands before an index or a key
    std::optional<double> value;
};

/// A metric's value and what it is made of. An undefined value is empty, never a number: the correlation of a constant,
/// a mean over nothing, what double cannot hold.
struct MetricScore {
    std::optional<double> value;
    std::vector<NamedScore> parts = {};
};

/// Most metrics of a corpus are a function of sums over its items, BLEU of counts for instance. Such a metric adds up:
/// it is two functions, statistics_of(item) and value_of(sum of statistics). A bootstrap draws items, adds their
/// statistics and asks value_of(); it never reads a text again.
///
/// A scorer belongs to one set of outcomes, which outlives it. What the definition takes from all items together (the
/// information weights of NIST, the mean that Pearson's sums are taken around) was taken from these outcomes, and stays
/// when items are drawn.
///
/// @code
/// const auto scorer = scorer_of(metric_info("bleu"), outcomes, options);
/// scorer->score().value;                               // of the corpus
/// std::vector<double> sums(scorer->width());
/// for (const std::size_t item : drawn) scorer->add_statistics(item, sums);
/// scorer->value_of(sums);                              // of the drawn items
/// @endcode
///
/// Const functions may be called from several threads at once. The same outcomes give the same bits.
class Scorer {
public:
    virtual ~Scorer() = default;

    std::size_t items() const { return m_items; }
    /// Of all items; empty without any.
    virtual MetricScore score() const;
    /// Of drawn items, as if each drawing were an item; empty without any.
    virtual std::optional<double> value_of_items(const std::vector<std::size_t>& drawn) const = 0;
    /// Of one item on its own, for paired statistics: the sentence's BLEU, 1 or 0 for a class. Empty where the
    /// definition says nothing about a single item (a correlation).
    virtual std::optional<double> item_value(std::size_t item) const = 0;

    /// Numbers in an item's statistics; 0 = this metric does not add up (rank correlations).
    virtual std::size_t width() const { return 0; }
    bool adds_up() const { return width() > 0; }
    /// Whether the value is the mean of item_value().
    virtual bool is_mean() const { return false; }
    std::vector<double> statistics_of(std::size_t item) const;
    /// The same, added to `sums`: width() numbers, of which only those that differ from 0 are touched.
    virtual void add_statistics(std::size_t item, std::vector<double>& sums) const;
    /// @param sums of the statistics of at least one item
    virtual std::optional<double> value_of(const std::vector<double>& sums) const;

protected:
    explicit Scorer(std::size_t items) : m_items(items) {}
    std::vector<std::size_t> all_items() const;

private:
    std::size_t m_items;
};

/// A metric that adds up gives width(), add_statistics(), value_of(), and item_value() where an item on its own is
/// judged otherwise than a corpus of one.
class SumScorer : public Scorer {
public:
    MetricScore score() const override;
    std::optional<double> value_of_items(const std::vector<std::size_t>& drawn) const override;
    std::optional<double> item_value(std::size_t item) const override;

protected:
    using Scorer::Scorer;
    /// What is told beside the value.
    virtual std::vector<NamedScore> parts_of(const std::vector<double>& sums) const;

private:
    std::vector<double> sums_of(const std::vector<std::size_t>& drawn) const;
};

/// A metric that is the mean of its items' values; an item without one counts as nothing. Statistics: sum, count.
class MeanScorer : public SumScorer {
public:
    std::size_t width() const override { return 2; }
    bool is_mean() const override { return true; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override;
    std::optional<double> value_of(const std::vector<double>& sums) const override;
    std::optional<double> item_value(std::size_t item) const override = 0;

protected:
    using SumScorer::SumScorer;
};

/// a / b, empty when nothing is divided by nothing or the quotient is not finite.
std::optional<double> quotient(double a, double b);
/// Empty when it is not finite.
std::optional<double> finite(double value);
/// Harmonic mean of precision and recall, 0 when both are.
double f_measure(double precision, double recall);

} // namespace diapason
