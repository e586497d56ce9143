// Metrics by name. An undefined value is empty, never a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

struct MetricInfo {
    std::string name, label, help, source;
    bool generation = false; ///< compares texts; else class numbers
    bool higher_is_better = true;
    double scale = 100; ///< factor for showing (per cent)
};

const std::vector<MetricInfo>& metric_catalog();
const MetricInfo& metric_info(const std::string& name); ///< @throws Error(config)

/// predicted[i] and expected[i] are class numbers, 0 … classes-1.
std::optional<double> classification_metric(const std::string& name, const std::vector<std::int64_t>& predicted,
                                            const std::vector<std::int64_t>& expected, std::int64_t classes);

/// One reference per text.
std::optional<double> text_metric(const std::string& name, const std::vector<std::string>& hypotheses,
                                  const std::vector<std::string>& references);

/// Score of one item, for paired statistics: ROUGE-L F, or sentence BLEU for "bleu".
double item_score(const std::string& metric, const std::string& hypothesis, const std::string& reference);

/// F of the longest common subsequence over tokens [a-z0-9]+ of the lower-cased texts, without stemming (Lin 2004;
/// rouge_score).
double rouge_l(const std::string& hypothesis, const std::string& reference);

/// Corpus BLEU-4 of sacreBLEU: 13a tokens, exponential smoothing; in [0, 1] here (Papineni et al. 2002; Post 2018).
double corpus_bleu(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                   bool effective_order = false);

/// sacreBLEU's 13a tokenisation.
std::vector<std::string> tokenize_13a(const std::string& text);

} // namespace diapason
