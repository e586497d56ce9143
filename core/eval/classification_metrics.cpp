#include "core/base/error.h"
#include "core/base/options.h"
#include "core/eval/metrics.h"

#include <cmath>

namespace diapason {
namespace {

// counts[expected][predicted]
std::vector<std::vector<double>> confusion(const std::vector<std::int64_t>& predicted,
                                           const std::vector<std::int64_t>& expected, std::int64_t classes) {
    const auto n = static_cast<std::size_t>(classes);
    std::vector<std::vector<double>> counts(n, std::vector<double>(n, 0));
    for (std::size_t i = 0; i < predicted.size(); ++i)
        counts[static_cast<std::size_t>(expected[i])][static_cast<std::size_t>(predicted[i])] += 1;
    return counts;
}

double accuracy(const std::vector<std::vector<double>>& counts) {
    double right = 0, all = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        right += counts[i][i];
        for (const double c : counts[i])
            all += c;
    }
    return right / all;
}

// Mean F1 over the classes that occur among labels or predictions; a class without either is left out, as scikit-learn
// does.
double macro_f1(const std::vector<std::vector<double>>& counts) {
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
double matthews(const std::vector<std::vector<double>>& counts) {
    double all = 0, right = 0, row_column = 0, rows = 0, columns = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        double row = 0, column = 0;
        for (std::size_t k = 0; k < counts.size(); ++k) {
            row += counts[c][k];
            column += counts[k][c];
        }
        all += row;
        right += counts[c][c];
        row_column += row * column;
        rows += row * row;
        columns += column * column;
    }
    const double denominator = std::sqrt((all * all - rows) * (all * all - columns));
    return denominator == 0 ? 0 : (all * right - row_column) / denominator;
}

} // namespace

const std::vector<MetricInfo>& metric_catalog() {
    static const std::vector<MetricInfo> catalog = {
        {"accuracy", "Accuracy", "Share of items whose class was found.", "", false, true, 100},
        {"macro_f1", "Macro F1", "Mean over classes of F1.", "scikit-learn, average=macro", false, true, 100},
        {"matthews", "Matthews correlation", "Correlation of labels and predictions; 0 when one of them is constant.",
         "Gorodkin 2004", false, true, 100},
        {"rouge_l", "ROUGE-L", "F of the longest common subsequence of words, mean over items.",
         "Lin 2004; rouge_score without stemming", true, true, 100},
        {"bleu", "BLEU", "Corpus BLEU-4.", "Post 2018: sacreBLEU, 13a tokens, exponential smoothing", true, true, 100}};
    return catalog;
}

const MetricInfo& metric_info(const std::string& name) {
    std::vector<std::string> names;
    for (const MetricInfo& metric : metric_catalog()) {
        if (metric.name == name) return metric;
        names.push_back(metric.name);
    }
    const std::string near = nearest_name(name, names);
    throw config_error("metrics", name, "there is no such metric", near.empty() ? "" : "Did you mean " + near + "?");
}

std::optional<double> classification_metric(const std::string& name, const std::vector<std::int64_t>& predicted,
                                            const std::vector<std::int64_t>& expected, std::int64_t classes) {
    if (metric_info(name).generation) throw config_error("metrics", name, "this metric compares texts, not classes");
    if (predicted.empty()) return {};
    const auto counts = confusion(predicted, expected, classes);
    if (name == "accuracy") return accuracy(counts);
    if (name == "macro_f1") return macro_f1(counts);
    return matthews(counts);
}

} // namespace diapason
