// BLEU as sacreBLEU computes it (Papineni et al. 2002; Post 2018).
#pragma once

#include "core/base/options.h"
#include "core/data/metrics/bleu_tokenizers.h"
#include "core/data/metrics/scorer.h"

#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// sacreBLEU's settings, under its names.
struct BleuSettings {
    const BleuTokenizer* tokenizer = nullptr;
    bool lowercase = false;
    std::string smooth_method; ///< exp, floor, add-k, none
    double smooth_value = 0;   ///< of floor and add-k
    std::size_t max_order = 4;
    bool effective_order = false; ///< orders beyond the hypothesis' length are left out, as a sentence needs it

    static BleuSettings from(const OptionValues& options);
    std::size_t width() const { return 2 + 2 * max_order; }
};

/// Of one hypothesis: its length, the closest length of a reference (the shorter of two), then for each order the
/// n-grams that some reference has, then for each order all n-grams.
std::vector<double> bleu_statistics(const BleuSettings& settings, std::string_view hypothesis,
                                    const std::vector<std::string>& references);

struct BleuScore {
    double value = 0;   ///< in [0, 1]
    double brevity = 0; ///< penalty
    double length = 0, reference_length = 0;
    std::vector<double> counts, totals, precisions; ///< by order; with what add-k adds

    /// bp, sys_len, ref_len, counts.0 … (from order 1), totals.0 …, precisions.0 …
    std::vector<NamedScore> parts() const;
};
/// No match at all is 0, whatever the smoothing.
BleuScore bleu_score(const BleuSettings& settings, const std::vector<double>& sums);

} // namespace diapason
