#include "core/data/metrics.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/metrics/families.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <stdexcept>

namespace diapason {
namespace {

// In the order of the table.
constexpr std::vector<MetricInfo> (*metric_families[])() = {
#define DIAPASON_METRIC_FAMILY(name) name##_metrics,
#include "core/data/metrics/families.def"
#undef DIAPASON_METRIC_FAMILY
};

// What training observes. Nothing computes it from a task's outcomes.
const std::vector<MeasureInfo>& observations() {
    static const std::vector<MeasureInfo> table = {
        {measure::loss, "loss", "nats per label", 1, 3, Direction::lower,
         "Mean of −log p over labels, or over target tokens"},
        {measure::learning_rate, "learning rate", "", 1, 6, Direction::none,
         "Learning rate of the step, from the schedule"},
        {measure::gradient_norm, "gradient norm", "", 1, 3, Direction::none, "L2 norm of all gradients, not clipped"},
        {measure::tokens_per_second, "tokens per second", "tokens/s", 1, 0, Direction::higher,
         "Tokens read in training, divided by its time without evaluations"},
    };
    return table;
}

// Of what is derived from a metric, words of its own.
MeasureInfo derived(MeasureInfo from, const std::string& name, const std::string& of_whom, const std::string& help) {
    from.name = name;
    from.label += of_whom;
    from.help = help;
    return from;
}

// As a heading begins.
std::string capitalised(std::string text) {
    if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
}

// What a heading says of a split; the machine's own values need no word.
std::string split_words(const std::string& split) {
    if (split == "system") return {};
    return (split == "ood" ? "out-of-domain" : split) + " ";
}

} // namespace

std::string measure::mean_of_members(const std::string& metric) {
    return metric + "_of_members";
}

std::string measure::best_member(const std::string& metric) {
    return metric + "_of_best_member";
}

const std::vector<MetricInfo>& metric_catalog() {
    static const std::vector<MetricInfo> catalog = [] {
        std::vector<MetricInfo> rows;
        for (const auto family : metric_families) {
            std::vector<MetricInfo> of_family = family();
            std::move(of_family.begin(), of_family.end(), std::back_inserter(rows));
        }
        return rows;
    }();
    return catalog;
}

const MetricInfo* find_metric(const std::string& name) {
    for (const MetricInfo& metric : metric_catalog()) {
        if (metric.name == name) return &metric;
    }
    return nullptr;
}

const MetricInfo& metric_info(const std::string& name) {
    if (const MetricInfo* known = find_metric(name)) return *known;
    std::vector<std::string> names;
    for (const MetricInfo& metric : metric_catalog())
        names.push_back(metric.name);
    throw config_error("metrics", name, "there is no such metric", did_you_mean(name, names));
}

std::vector<std::string> metric_names(OutcomeKind kind) {
    std::vector<std::string> names;
    for (const MetricInfo& metric : metric_catalog()) {
        if (metric.compares() == kind) names.push_back(metric.name);
    }
    return names;
}

std::string metric_signature(const MetricInfo& metric, const OptionValues& options, const std::string& references) {
    std::string unsaid;
    for (const OptionDescriptor& option : metric.options) {
        const auto& names = metric.definition.unsaid;
        const Json& value = options.json().at(option.name);
        if (value == option.default_value || std::find(names.begin(), names.end(), option.name) == names.end())
            continue;
        unsaid += (unsaid.empty() ? "(" : ",") + option.name + "=" + plain_text(value);
    }
    return metric.name + unsaid + (unsaid.empty() ? "|" : ")|") + metric.definition.text(options, references);
}

std::string metric_signature(const MetricInfo& metric) {
    return metric_signature(metric, OptionValues::defaults(metric.options), "1");
}

std::string reference_count(const Outcomes& outcomes) {
    const auto* texts = std::get_if<TextOutcomes>(&outcomes);
    if (texts == nullptr || texts->references.empty()) return "1";
    const std::size_t count = texts->references.front().size();
    const bool same = std::all_of(texts->references.begin(), texts->references.end(),
                                  [&](const auto& references) { return references.size() == count; });
    return same ? std::to_string(count) : "var";
}

std::unique_ptr<Scorer> scorer_of(const MetricInfo& metric, const Outcomes& outcomes, const OptionValues& options) {
    return std::visit(
        [&]<class Of>(const MakerOf<Of>& maker) {
            const auto* found = std::get_if<Of>(&outcomes);
            if (found == nullptr) throw std::logic_error(metric.name + " compares other outcomes");
            return maker.make(*found, options);
        },
        metric.maker);
}

std::unique_ptr<Scorer> scorer_of(const MetricInfo& metric, const Outcomes& outcomes) {
    return scorer_of(metric, outcomes, OptionValues::defaults(metric.options));
}

std::optional<double> score(const MetricInfo& metric, const Outcomes& outcomes) {
    return scorer_of(metric, outcomes)->score().value;
}

MeasureInfo measure_info(const std::string& name) {
    for (const MeasureInfo& observed : observations()) {
        if (observed.name == name) return observed;
    }
    for (const MetricInfo& metric : metric_catalog()) {
        if (metric.name == name) return metric;
        if (measure::mean_of_members(metric.name) == name)
            return derived(metric, name, " of the members",
                           "Mean of what the members of the ensemble reach on their own.");
        if (measure::best_member(metric.name) == name)
            return derived(metric, name, " of the best member",
                           "What the best member of the ensemble reaches on its own.");
    }
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    return {name, label, "", 1, 3, Direction::none, ""};
}

bool better(const MeasureInfo& measure, double a, double b) {
    if (measure.direction == Direction::none || std::isnan(a)) return false;
    if (std::isnan(b)) return true;
    return measure.direction == Direction::higher ? a > b : a < b;
}

std::string heading_of(const MeasureInfo& measure) {
    return capitalised(measure.label);
}

std::string heading_of(const MetricName& name) {
    const std::string words = split_words(name.split) + measure_info(name.metric).label;
    return capitalised(words) + (name.dataset.empty() ? "" : " (" + name.dataset + ")");
}

} // namespace diapason
