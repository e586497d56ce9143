#include "core/data/metrics/likelihood.h"

#include "core/data/metrics/families.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace diapason {
namespace {

// Statistics: sum of log p, tokens.
class TokenScorer : public SumScorer {
public:
    explicit TokenScorer(const LikelihoodOutcomes& outcomes) : SumScorer(outcomes.items()), m_outcomes(outcomes) {}
    std::size_t width() const override { return 2; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        sums[0] += m_outcomes.log_likelihood.at(item);
        sums[1] += static_cast<double>(m_outcomes.tokens.at(item));
    }

protected:
    static std::optional<double> nats_per_token(const std::vector<double>& sums) { return quotient(-sums[0], sums[1]); }

private:
    const LikelihoodOutcomes& m_outcomes;
};

template <double (&of_nats)(double)>
class PerTokenScorer : public TokenScorer {
public:
    PerTokenScorer(const LikelihoodOutcomes& outcomes, const OptionValues& /*values*/) : TokenScorer(outcomes) {}
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        const std::optional<double> nats = nats_per_token(sums);
        return nats ? finite(of_nats(*nats)) : std::nullopt;
    }
};

double as_nats(double nats) {
    return nats;
}
double as_bits(double nats) {
    return nats / std::numbers::ln2;
}
double as_perplexity(double nats) {
    return std::exp(nats);
}

class SequencePerplexityScorer : public MeanScorer {
public:
    SequencePerplexityScorer(const LikelihoodOutcomes& outcomes, const OptionValues& values)
        : MeanScorer(outcomes.items()),
          m_of_sequence(outcomes, values) {}
    std::optional<double> item_value(std::size_t item) const override { return m_of_sequence.item_value(item); }

private:
    PerTokenScorer<as_perplexity> m_of_sequence;
};

// log Σ exp
double log_sum(const std::vector<double>& logits) {
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const double logit : logits)
        sum += std::exp(logit - largest);
    return largest + std::log(sum);
}

} // namespace

CausalLoss causal_cross_entropy(const std::vector<std::vector<std::vector<double>>>& logits,
                                const std::vector<std::vector<std::int64_t>>& labels, double smoothing) {
    if (logits.size() != labels.size()) throw std::invalid_argument("as many sequences of logits as of labels");
    CausalLoss loss;
    double spread = 0; // mean of −log p over the vocabulary, summed over tokens
    for (std::size_t b = 0; b < labels.size(); ++b) {
        if (logits[b].size() != labels[b].size()) throw std::invalid_argument("as many positions of logits as labels");
        for (std::size_t t = 0; t + 1 < labels[b].size(); ++t) {
            const std::int64_t label = labels[b][t + 1];
            if (label == ignored_label) continue;
            const std::vector<double>& row = logits[b][t];
            if (label < 0 || static_cast<std::size_t>(label) >= row.size())
                throw std::invalid_argument("a label outside the vocabulary");
            const double all = log_sum(row);
            loss.sum += all - row[static_cast<std::size_t>(label)];
            spread += all - std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
            ++loss.tokens;
        }
    }
    const auto tokens = static_cast<double>(loss.tokens);
    loss.mean = quotient(loss.sum, tokens);
    loss.smoothed_mean = quotient((1 - smoothing) * loss.sum + smoothing * spread, tokens);
    return loss;
}

std::vector<MetricInfo> likelihood_metrics() {
    return {
        {{"perplexity", "perplexity", "", 1, 2, Direction::lower,
          "exp of the mean of −log p over all tokens; undefined without a token and beyond the range of numbers."},
         "",
         {},
         defined_as("average:tokens|version:1"),
         made_by<PerTokenScorer<as_perplexity>, LikelihoodOutcomes>},
        {{"cross_entropy", "cross entropy", "nats per token", 1, 3, Direction::lower,
          "Mean of −log p over all tokens."},
         "",
         {},
         defined_as("average:tokens|unit:nats|version:1"),
         made_by<PerTokenScorer<as_nats>, LikelihoodOutcomes>},
        {{"bits_per_token", "bits per token", "bits", 1, 3, Direction::lower, "Mean of −log2 p over all tokens."},
         "",
         {},
         defined_as("average:tokens|unit:bits|version:1"),
         made_by<PerTokenScorer<as_bits>, LikelihoodOutcomes>},
        {{"sequence_perplexity", "perplexity of sequences", "", 1, 2, Direction::lower,
          "Mean over the sequences of their perplexities; one bad sequence decides it."},
         "",
         {},
         defined_as("average:sequences|version:1"),
         made_by<SequencePerplexityScorer, LikelihoodOutcomes>},
    };
}

} // namespace diapason
