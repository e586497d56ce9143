// Everything that is measured, in one table: words, unit and direction of each value, its options, and how a task's
// metrics are computed. Screens, exports, commands and the choice of the best step take all of it from here.
#pragma once

#include "core/base/metric_name.h"
#include "core/base/options.h"
#include "core/data/metrics/outcomes.h"
#include "core/data/metrics/scorer.h"

#include <cstdint>
#include <functional>
#include <memory>
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

/// How a metric is computed from outcomes of one form; it cannot be left out.
template <class Of>
struct MakerOf {
    MakerOf(std::unique_ptr<Scorer> (&maker)(const Of&, const OptionValues&)) : make(maker) {}
    std::unique_ptr<Scorer> (&make)(const Of&, const OptionValues&);
};
template <class Variant>
struct MakersOf;
template <class... Of>
struct MakersOf<std::variant<Of...>> {
    using Type = std::variant<MakerOf<Of>...>;
};

/// What a published figure depends on, in the notation of sacreBLEU, whose text it is where sacreBLEU has the metric
/// (save `version`, which counts our own changes): "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:1".
struct MetricDefinition {
    /// @param references how many an item has: "1", "4", "var"
    std::function<std::string(const OptionValues& options, const std::string& references)> text;
    /// Options that sacreBLEU's text leaves out. A signature names them where they differ from their defaults.
    std::vector<std::string> unsaid = {};
};

/// One row of the table.
struct MetricInfo : MeasureInfo {
    using Maker = MakersOf<Outcomes>::Type; ///< in the order of Outcomes

    MetricInfo(MeasureInfo words, std::string from, std::vector<OptionDescriptor> its_options,
               MetricDefinition defined_as, Maker made_by)
        : MeasureInfo(std::move(words)),
          source(std::move(from)),
          options(std::move(its_options)),
          definition(std::move(defined_as)),
          maker(made_by) {}

    OutcomeKind compares() const { return static_cast<OutcomeKind>(maker.index()); }

    std::string source; ///< paper, or library and its settings; may be empty
    std::vector<OptionDescriptor> options;
    MetricDefinition definition;
    Maker maker;
};

const std::vector<MetricInfo>& metric_catalog();
const MetricInfo* find_metric(const std::string& name); ///< null when there is no such metric
const MetricInfo& metric_info(const std::string& name); ///< @throws Error(config) naming the nearest
/// Names of those that compare such outcomes, in the table's order.
std::vector<std::string> metric_names(OutcomeKind kind);

/// Name and definition: equal for values that may stand in one table. "bleu|nrefs:1|case:mixed|…", and with an option
/// that the definition leaves out "bleu(max_ngram_order=2)|…".
std::string metric_signature(const MetricInfo& metric, const OptionValues& options, const std::string& references);
/// Of default options and one reference.
std::string metric_signature(const MetricInfo& metric);
/// How many references the items have: "1", "4", "var"; "1" for outcomes without references.
std::string reference_count(const Outcomes& outcomes);

/// Ready to judge these outcomes, which outlive it (core/data/metrics/scorer.h).
/// @throws std::logic_error for outcomes that the metric does not compare: tasks refuse such metrics
/// @throws Error(config) for an option that does not fit them (a positive class that is none of them)
/// @throws Error(input) for outcomes that the definition refuses (a tag that a scheme does not have)
std::unique_ptr<Scorer> scorer_of(const MetricInfo& metric, const Outcomes& outcomes, const OptionValues& options);
std::unique_ptr<Scorer> scorer_of(const MetricInfo& metric, const Outcomes& outcomes); ///< with default options
/// The value over all items, with default options; empty without items, and where it is undefined.
std::optional<double> score(const MetricInfo& metric, const Outcomes& outcomes);

/// A metric, or what training observes; a name that is unknown (of another version) is its own label.
MeasureInfo measure_info(const std::string& name);
/// Whether `a` is better than `b`. NaN is worse than every number; without a direction nothing is better.
bool better(const MeasureInfo& measure, double a, double b);
/// "Macro F1", and "Test macro F1", with a dataset "Test macro F1 (rte)".
std::string heading_of(const MeasureInfo& measure);
std::string heading_of(const MetricName& name);

} // namespace diapason
