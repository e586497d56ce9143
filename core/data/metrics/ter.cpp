// TER as sacreBLEU 2 computes it (Snover et al. 2006).
#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/ngrams.h"
#include "core/data/metrics/python_text.h"
#include "core/data/metrics/ter_edits.h"
#include "core/data/metrics/ter_tokenizer.h"
#include "core/text/unicode.h"

#include <algorithm>

namespace diapason {
namespace {

TerTokenizer tokenizer_from(const OptionValues& values) {
    return {values.flag("normalized"), values.flag("no_punct"), values.flag("asian_support"),
            values.flag("case_sensitive")};
}

std::vector<OptionDescriptor> options() {
    const std::string source = "sacreBLEU 2";
    return {
        option::flag("normalized", "Normalised", false, "Part punctuation from words, read XML's characters", source),
        option::flag("no_punct", "No punctuation", false, "Remove punctuation", source),
        option::flag("asian_support", "Asian support", false,
                     "Normalise and remove punctuation in Chinese and Japanese too", source),
        option::flag("case_sensitive", "Case sensitive", false, "Compare with regard to case", source)};
}

std::string ter_definition(const OptionValues& values, const std::string& references) {
    const TerTokenizer tokenizer = tokenizer_from(values);
    const auto answer = [](bool yes) { return yes ? "yes" : "no"; };
    return "nrefs:" + references + "|case:" + (tokenizer.case_sensitive ? "mixed" : "lc") +
           "|tok:tercom|norm:" + answer(tokenizer.normalized) + "|punct:" + answer(!tokenizer.no_punct) +
           "|asian:" + answer(tokenizer.asian_support) + "|version:1";
}

// Statistics: fewest edits to a reference, mean length of the references.
class TerScorer : public SumScorer {
public:
    TerScorer(const TextOutcomes& texts, const OptionValues& values)
        : SumScorer(texts.items()),
          m_texts(texts),
          m_tokenizer(tokenizer_from(values)) {}

    std::size_t width() const override { return 2; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        std::vector<std::u32string> texts;
        const auto take = [&](const std::string& utf8) {
            texts.push_back(m_tokenizer.spaced(python::without_spaces_behind(decode_utf8(utf8))));
        };
        take(m_texts.hypotheses.at(item));
        for (const std::string& reference : m_texts.references.at(item))
            take(reference);
        WordNumbers numbers;
        const auto words = numbers.numbers(python::split(texts.front()));
        double fewest = std::numeric_limits<double>::infinity(), lengths = 0;
        for (std::size_t i = 1; i < texts.size(); ++i) {
            const auto wanted = numbers.numbers(python::split(texts[i]));
            fewest = std::min(fewest, static_cast<double>(translation_edits(words, wanted)));
            lengths += static_cast<double>(wanted.size());
        }
        if (texts.size() == 1) return;
        sums[0] += fewest;
        sums[1] += lengths / static_cast<double>(texts.size() - 1);
    }
    // Without a reference's word, any edit is an error rate of 1.
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        return sums[1] > 0 ? sums[0] / sums[1] : sums[0] > 0 ? 1 : 0;
    }

private:
    std::vector<NamedScore> parts_of(const std::vector<double>& sums) const override {
        return {{"num_edits", sums[0]}, {"ref_length", sums[1]}};
    }

    const TextOutcomes& m_texts;
    TerTokenizer m_tokenizer;
};

class SentenceTerScorer : public MeanScorer {
public:
    SentenceTerScorer(const TextOutcomes& texts, const OptionValues& values)
        : MeanScorer(texts.items()),
          m_of_corpus(texts, values) {}
    std::optional<double> item_value(std::size_t item) const override { return m_of_corpus.item_value(item); }

private:
    TerScorer m_of_corpus;
};

} // namespace

std::vector<MetricInfo> ter_metrics() {
    return {
        {share_measure("ter", "TER", "Edits and shifts of phrases for each word of the references.", Direction::lower),
         "Snover et al. 2006; sacreBLEU 2",
         options(),
         {ter_definition},
         made_by<TerScorer, TextOutcomes>},
        {share_measure("sentence_ter", "sentence TER", "Mean TER of the sentences, each on its own.", Direction::lower),
         "sacreBLEU 2, sentence_ter",
         options(),
         {ter_definition},
         made_by<SentenceTerScorer, TextOutcomes>},
    };
}

} // namespace diapason
