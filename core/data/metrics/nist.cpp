// NIST as NLTK's corpus_nist computes it (Doddington 2002).
#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/ngrams.h"
#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace diapason {
namespace {

// Of one order: the information of the hypothesis' n-grams that the best reference has, all its n-grams, the length of
// that reference.
struct OrderStatistics {
    double information = 0, ngrams = 0, reference_length = 0;
};

// The information of each n-gram of the current order, by its id: log2 of how often its beginning occurs in the
// references, divided by how often it does.
class Information {
public:
    /// @param first sequence of the references, which are the last ones
    Information(const Ngrams& ngrams, std::size_t first, std::size_t sequences)
        : m_first(first),
          m_sequences(sequences) {
        for (std::size_t s = m_first; s < m_sequences; ++s)
            m_words += static_cast<double>(ngrams.ids(s).size());
    }

    /// Of the next order, beginning with the first.
    void take(const Ngrams& ngrams) {
        std::vector<double> occurrences;
        for (std::size_t s = m_first; s < m_sequences; ++s) {
            for (const std::uint32_t id : ngrams.ids(s)) {
                if (id >= occurrences.size()) occurrences.resize(id + 1);
                occurrences[id] += 1;
            }
        }
        m_bits.assign(occurrences.size(), 0);
        std::vector<std::vector<std::uint32_t>> ids;
        for (std::size_t s = m_first; s < m_sequences; ++s) {
            ids.push_back(ngrams.ids(s));
            for (std::size_t i = 0; i < ids.back().size(); ++i) {
                const std::uint32_t id = ids.back()[i];
                const double beginnings = m_shorter.empty() ? m_words : m_occurrences[m_shorter[s - m_first][i]];
                m_bits[id] = std::log2(beginnings / occurrences[id]);
            }
        }
        m_occurrences = std::move(occurrences);
        m_shorter = std::move(ids);
    }

    double in_common(const std::vector<NgramCount>& a, const std::vector<NgramCount>& b) const {
        double sum = 0;
        for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
            if (a[i].id == b[j].id) {
                sum += m_bits[a[i].id] * std::min(a[i].count, b[j].count);
                ++i, ++j;
            } else {
                ++(a[i].id < b[j].id ? i : j);
            }
        }
        return sum;
    }

private:
    std::size_t m_first, m_sequences;
    double m_words = 0;
    std::vector<double> m_bits, m_occurrences;
    std::vector<std::vector<std::uint32_t>> m_shorter; ///< ids of the order before, at each place of each reference
};

class NistScorer : public SumScorer {
public:
    NistScorer(const TextOutcomes& texts, const OptionValues& values)
        : SumScorer(texts.items()),
          m_orders(static_cast<std::size_t>(values.integer("n"))),
          m_of_orders(texts.items(), std::vector<OrderStatistics>(m_orders)) {
        // N-grams of all texts are numbered together: hypotheses first, then the references.
        std::vector<std::u32string> lower;
        for (const std::string& text : texts.hypotheses)
            lower.push_back(lower_case_of_text(decode_utf8(text)));
        for (const auto& references : texts.references) {
            for (const std::string& text : references)
                lower.push_back(lower_case_of_text(decode_utf8(text)));
        }
        WordNumbers words;
        std::vector<std::vector<std::uint32_t>> sequences;
        for (const std::u32string& text : lower) {
            sequences.push_back(words.numbers(python::split(text)));
            m_lengths.push_back(static_cast<double>(sequences.back().size()));
        }
        Ngrams ngrams(std::move(sequences));
        Information information(ngrams, items(), m_lengths.size());
        for (std::size_t n = 0; n < m_orders; ++n) {
            if (n > 0) ngrams.lengthen();
            information.take(ngrams);
            add_order(n, texts, ngrams, information);
        }
    }

    // Length of the hypothesis in every order, sum of the best references' lengths, then information and n-grams.
    std::size_t width() const override { return 2 + 2 * m_orders; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        for (std::size_t n = 0; n < m_orders; ++n) {
            const OrderStatistics& order = m_of_orders.at(item)[n];
            sums[0] += m_lengths[item];
            sums[1] += order.reference_length;
            sums[2 + 2 * n] += order.information;
            sums[3 + 2 * n] += order.ngrams;
        }
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        if (sums[1] == 0) return std::nullopt;
        double information = 0;
        for (std::size_t k = 2; k < sums.size(); k += 2)
            information += sums[k] / sums[k + 1]; // not a number where no hypothesis is long enough
        return finite(information * penalty(sums[0] / sums[1]));
    }
    // As of a corpus, but for the orders that are longer than the hypothesis; an empty one is worth nothing.
    std::optional<double> item_value(std::size_t item) const override {
        const std::vector<double> own = statistics_of(item);
        double information = 0;
        for (std::size_t k = 2; k < own.size(); k += 2)
            information += own[k + 1] > 0 ? own[k] / own[k + 1] : 0;
        return own[1] > 0 ? information * penalty(own[0] / own[1]) : 0;
    }

private:
    // exp(β·ln²(ratio)), such that hypotheses of two thirds of the length get half of the score.
    static double penalty(double ratio) {
        if (ratio <= 0 || ratio >= 1) return std::clamp(ratio, 0.0, 1.0);
        const double beta = std::log(0.5) / std::pow(std::log(1.5), 2);
        return std::exp(beta * std::pow(std::log(ratio), 2));
    }

    // The reference with the highest precision, of equals the longer one.
    void add_order(std::size_t n, const TextOutcomes& texts, const Ngrams& ngrams, const Information& information) {
        std::size_t sequence = items();
        for (std::size_t item = 0; item < items(); ++item) {
            const std::vector<NgramCount> ours = ngrams.counts(item);
            OrderStatistics best{0, total(ours), 0};
            for (std::size_t r = 0; r < texts.references[item].size(); ++r, ++sequence) {
                const OrderStatistics one{information.in_common(ours, ngrams.counts(sequence)), best.ngrams,
                                          m_lengths[sequence]};
                if (r == 0 ||
                    std::tie(one.information, one.reference_length) > std::tie(best.information, best.reference_length))
                    best = one;
            }
            m_of_orders[item][n] = best;
        }
    }

    std::size_t m_orders;
    std::vector<double> m_lengths; ///< of the hypotheses, then of all references
    std::vector<std::vector<OrderStatistics>> m_of_orders;
};

} // namespace

std::vector<MetricInfo> nist_metrics() {
    return {{{"nist", "NIST", "bits", 1, 2, Direction::higher,
              "Information of the n-grams that hypotheses share with references, over the corpus."},
             "Doddington 2002; NLTK, corpus_nist",
             {option::integer("n", "Longest n-gram", 5, 1, 9, "Orders of n-grams that count", "Doddington 2002")},
             {[](const OptionValues& values, const std::string& references) {
                 return "nrefs:" + references + "|case:lc|tok:space|n:" + std::to_string(values.integer("n")) +
                        "|impl:nltk|version:1";
             }},
             made_by<NistScorer, TextOutcomes>}};
}

} // namespace diapason
