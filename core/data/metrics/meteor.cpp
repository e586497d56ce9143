// METEOR without synonyms, as NLTK's meteor_score computes it with an empty source of them (Lavie and Agarwal 2007).
#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/porter_stemmer.h"
#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace diapason {
namespace {

constexpr std::size_t unmatched = static_cast<std::size_t>(-1);

// Words of a text, each perhaps with the place of its partner.
struct Sentence {
    std::vector<std::u32string> words;
    std::vector<std::size_t> partner;

    explicit Sentence(const std::string& text) {
        const std::u32string lower = lower_case_of_text(decode_utf8(text));
        for (const std::u32string_view word : python::split(lower))
            words.emplace_back(word);
        partner.assign(words.size(), unmatched);
    }
};

// One stage: from the end of the hypothesis on, each word gets the last free one of the reference that is equal.
void match(Sentence& hypothesis, Sentence& reference) {
    std::unordered_map<std::u32string_view, std::vector<std::size_t>> free;
    for (std::size_t j = 0; j < reference.words.size(); ++j) {
        if (reference.partner[j] == unmatched) free[reference.words[j]].push_back(j);
    }
    for (std::size_t i = hypothesis.words.size(); i-- > 0;) {
        if (hypothesis.partner[i] != unmatched) continue;
        const auto found = free.find(hypothesis.words[i]);
        if (found == free.end() || found->second.empty()) continue;
        hypothesis.partner[i] = found->second.back();
        reference.partner[found->second.back()] = i;
        found->second.pop_back();
    }
}

void stem_unmatched(Sentence& side) {
    for (std::size_t i = 0; i < side.words.size(); ++i) {
        if (side.partner[i] == unmatched) side.words[i] = porter_stem(side.words[i]);
    }
}

struct MeteorWeights {
    double alpha, beta, gamma;
};

double meteor(const MeteorWeights& weights, const std::string& hypothesis, const std::string& reference) {
    Sentence ours(hypothesis), theirs(reference);
    match(ours, theirs);
    stem_unmatched(ours);
    stem_unmatched(theirs);
    match(ours, theirs);
    double matches = 0, chunks = 0; // runs of matches that are neighbours in both texts
    std::size_t last = unmatched;
    for (std::size_t i = 0; i < ours.words.size(); ++i) {
        if (ours.partner[i] == unmatched) continue;
        matches += 1;
        const bool goes_on = last != unmatched && last + 1 == i && ours.partner[last] + 1 == ours.partner[i];
        chunks += goes_on ? 0 : 1;
        last = i;
    }
    if (matches == 0) return 0;
    const double precision = matches / static_cast<double>(ours.words.size());
    const double recall = matches / static_cast<double>(theirs.words.size());
    const double f = precision * recall / (weights.alpha * precision + (1 - weights.alpha) * recall);
    return (1 - weights.gamma * std::pow(chunks / matches, weights.beta)) * f;
}

class MeteorScorer : public MeanScorer {
public:
    MeteorScorer(const TextOutcomes& texts, const OptionValues& values)
        : MeanScorer(texts.items()),
          m_texts(texts),
          m_weights{values.real("alpha"), values.real("beta"), values.real("gamma")} {}
    std::optional<double> item_value(std::size_t item) const override {
        double best = 0;
        for (const std::string& reference : m_texts.references.at(item))
            best = std::max(best, meteor(m_weights, m_texts.hypotheses.at(item), reference));
        return best;
    }

private:
    const TextOutcomes& m_texts;
    MeteorWeights m_weights;
};

} // namespace

std::vector<MetricInfo> meteor_metrics() {
    const std::string source = "NLTK, meteor_score";
    return {{share_measure("meteor_exact_stem", "METEOR (exact, stem)",
                           "Equal words and stems, in order, averaged over items; without synonyms, and therefore not "
                           "comparable with published METEOR."),
             "Lavie and Agarwal 2007; NLTK, meteor_score without WordNet",
             {option::real("alpha", "Alpha", 0.9, 0, 1, "Weight of recall against precision", source),
              option::real("beta", "Beta", 3, 0, 100, "Exponent of the penalty for fragments", source),
              option::real("gamma", "Gamma", 0.5, 0, 1, "Weight of the penalty for fragments", source)},
             {[](const OptionValues& values, const std::string& references) {
                 return "nrefs:" + references + "|case:lc|tok:space|stages:exact,stem|synonyms:none|alpha:" +
                        signature_number(values.real("alpha")) + "|beta:" + signature_number(values.real("beta")) +
                        "|gamma:" + signature_number(values.real("gamma")) + "|impl:nltk|version:1";
             }},
             made_by<MeteorScorer, TextOutcomes>}};
}

} // namespace diapason
