#include "core/data/metrics.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/metric_functions.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <stdexcept>

namespace diapason {
namespace {

MeasureInfo share(std::string name, std::string label, std::string help) {
    return {std::move(name), std::move(label), "%", 100, 1, Direction::higher, std::move(help)};
}

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
    static const std::vector<MetricInfo> catalog = {
        {share("accuracy", "accuracy", "Share of items whose class was found."), "", "version:1",
         MetricFunctions{metric::accuracy, metric::right}},
        {share("macro_f1", "macro F1", "Mean F1 over the classes."), "scikit-learn, average=macro",
         "average:macro|classes:present|version:1", MetricFunctions{metric::macro_f1, metric::right}},
        {share("matthews", "Matthews correlation",
               "Correlation of labels and predictions; 0 when one of them is constant."),
         "Gorodkin 2004", "constant:0|version:1", MetricFunctions{metric::matthews, metric::right}},
        {share("rouge_l", "ROUGE-L", "F-measure of the longest common subsequence of words, averaged over items."),
         "Lin 2004; rouge_score without stemming", "nrefs:1|case:lc|tok:[a-z0-9]+|stem:no|average:items|version:1",
         MetricFunctions{metric::mean_rouge_l, metric::item_rouge_l}},
        {share("bleu", "BLEU", "Corpus BLEU-4."), "Post 2018: sacreBLEU, 13a tokens, exponential smoothing",
         "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:1", MetricFunctions{metric::bleu, metric::item_bleu}},
    };
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

std::string metric_signature(const MetricInfo& metric) {
    return metric.name + "|" + metric.definition;
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

namespace {

template <class Of>
const Of& outcomes_for(const MetricInfo& metric, const Outcomes& outcomes) {
    const auto* found = std::get_if<Of>(&outcomes);
    if (found == nullptr) throw std::logic_error(metric.name + " compares other outcomes");
    return *found;
}

} // namespace

std::optional<double> score(const MetricInfo& metric, const Outcomes& outcomes) {
    return std::visit(
        [&]<class Of>(const MetricFunctions<Of>& functions) {
            const Of& found = outcomes_for<Of>(metric, outcomes);
            return found.items() == 0 ? std::nullopt : std::optional(functions.all(found));
        },
        metric.functions);
}

double item_score(const MetricInfo& metric, const Outcomes& outcomes, std::size_t item) {
    return std::visit(
        [&]<class Of>(const MetricFunctions<Of>& functions) {
            return functions.item(outcomes_for<Of>(metric, outcomes), item);
        },
        metric.functions);
}

} // namespace diapason
