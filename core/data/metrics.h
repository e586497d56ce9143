// Everything that is measured, in one table: words, unit and direction of each value, and how a task's metrics are
// computed. Screens, exports and the choice of the best step take all of it from here.
#pragma once

#include "core/base/metric_name.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace diapason {

enum class Direction { none, higher, lower }; ///< which values are better

/// How a value is called and shown.
struct MeasureInfo {
    std::string name;
    std::string label; ///< as inside a sentence: "macro F1"
    std::string unit;  ///< of the shown value, "%"; may be empty
    double scale = 1;  ///< shown value / stored value
    int decimals = 1;  ///< of a shown value whose spread is not known
    Direction direction = Direction::none;
    std::string help;
};

/// Names of what training observes beside a task's metrics.
namespace measure {
inline constexpr const char* loss = "loss";
inline constexpr const char* learning_rate = "learning_rate";
inline constexpr const char* gradient_norm = "gradient_norm";
inline constexpr const char* tokens_per_second = "tokens_per_second";
/// What the members of an ensemble reach alone in a metric: their mean, and the best of them.
std::string mean_of_members(const std::string& metric);
std::string best_member(const std::string& metric);
} // namespace measure

/// What metrics compare; each kind of task yields one of them.
struct ClassOutcomes {
    std::vector<std::int64_t> predicted, expected; ///< class numbers, 0 … classes-1
    std::int64_t classes = 0;
    std::size_t items() const { return predicted.size(); }
};
struct TextOutcomes {
    std::vector<std::string> hypotheses, references; ///< one reference a text
    std::size_t items() const { return hypotheses.size(); }
};
using Outcomes = std::variant<ClassOutcomes, TextOutcomes>;
enum class OutcomeKind { classes, texts }; ///< in the order of Outcomes

/// How a metric is computed, neither part of which can be left out: over all items (there is one at least), and of one
/// item, for paired statistics.
template <class Of>
struct MetricFunctions {
    MetricFunctions(double (&of_all)(const Of&), double (&of_item)(const Of&, std::size_t))
        : all(of_all),
          item(of_item) {}
    double (&all)(const Of&);
    double (&item)(const Of&, std::size_t);
};

/// One row of the table.
struct MetricInfo : MeasureInfo {
    /// In the order of Outcomes.
    using Functions = std::variant<MetricFunctions<ClassOutcomes>, MetricFunctions<TextOutcomes>>;

    /// @param definition_text what a published figure depends on, as sacreBLEU writes it:
    /// "tok:13a|smooth:exp|version:1"
    MetricInfo(MeasureInfo words, std::string from, std::string definition_text, Functions how)
        : MeasureInfo(std::move(words)),
          source(std::move(from)),
          definition(std::move(definition_text)),
          functions(how) {}

    OutcomeKind compares() const { return static_cast<OutcomeKind>(functions.index()); }

    std::string source; ///< paper, or library and its settings; may be empty
    std::string definition;
    Functions functions;
};

const std::vector<MetricInfo>& metric_catalog();
const MetricInfo* find_metric(const std::string& name); ///< null when there is no such metric
const MetricInfo& metric_info(const std::string& name); ///< @throws Error(config) naming the nearest
/// Names of those that compare such outcomes, in the table's order.
std::vector<std::string> metric_names(OutcomeKind kind);
/// Name and definition: equal for values that may stand in one table. "bleu|nrefs:1|case:mixed|…"
std::string metric_signature(const MetricInfo& metric);

/// A metric, or what training observes; a name that is unknown (of another version) is its own label.
MeasureInfo measure_info(const std::string& name);
/// Whether `a` is better than `b`. NaN is worse than every number; without a direction nothing is better.
bool better(const MeasureInfo& measure, double a, double b);
/// "Macro F1", and "Test macro F1", with a dataset "Test macro F1 (rte)".
std::string heading_of(const MeasureInfo& measure);
std::string heading_of(const MetricName& name);

/// Empty without items. @throws std::logic_error for outcomes that it does not compare: tasks refuse such metrics
std::optional<double> score(const MetricInfo& metric, const Outcomes& outcomes);
double item_score(const MetricInfo& metric, const Outcomes& outcomes, std::size_t item);

/// F of the longest common subsequence over tokens [a-z0-9]+ of the lower-cased texts, without stemming (Lin 2004;
/// rouge_score).
double rouge_l(const std::string& hypothesis, const std::string& reference);

/// Corpus BLEU-4 of sacreBLEU: 13a tokens, exponential smoothing; in [0, 1] here (Papineni et al. 2002; Post 2018).
double corpus_bleu(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                   bool effective_order = false);

/// sacreBLEU's 13a tokenisation.
std::vector<std::string> tokenize_13a(const std::string& text);

} // namespace diapason
