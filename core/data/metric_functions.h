// The functions of the table of metrics (metrics.cpp).
#pragma once

#include "core/data/metrics.h"

namespace diapason::metric {

// classification_metrics.cpp
double accuracy(const ClassOutcomes& outcomes);
double macro_f1(const ClassOutcomes& outcomes);
double matthews(const ClassOutcomes& outcomes);
double right(const ClassOutcomes& outcomes, std::size_t item); ///< 1 or 0

// text_metrics.cpp
double mean_rouge_l(const TextOutcomes& outcomes);
double bleu(const TextOutcomes& outcomes);
double item_rouge_l(const TextOutcomes& outcomes, std::size_t item);
double item_bleu(const TextOutcomes& outcomes, std::size_t item); ///< of a sentence, with effective order

} // namespace diapason::metric
