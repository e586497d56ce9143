// chrF and chrF++ as sacreBLEU 2 computes them (Popović 2015, 2017).
#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/ngrams.h"
#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>

namespace diapason {
namespace {

constexpr double epsilon = 1e-16; // of the older smoothing, as in chrF++.py

struct ChrfSettings {
    std::size_t char_order, word_order;
    double beta;
    bool lowercase, whitespace, eps_smoothing;

    explicit ChrfSettings(const OptionValues& options)
        : char_order(static_cast<std::size_t>(options.integer("char_order"))),
          word_order(static_cast<std::size_t>(options.integer("word_order"))),
          beta(options.real("beta")),
          lowercase(options.flag("lowercase")),
          whitespace(options.flag("whitespace")),
          eps_smoothing(options.flag("eps_smoothing")) {}

    std::size_t orders() const { return char_order + word_order; }
    std::size_t width() const { return 3 * orders(); }
};

// What n-grams are made of.
struct Units {
    std::vector<std::uint32_t> characters, words;
};

// A mark at the end of a word is a word, else one at its beginning; never both.
std::vector<std::u32string_view> words_and_marks(std::u32string_view text) {
    std::vector<std::u32string_view> words;
    for (const std::u32string_view word : python::split(text)) {
        const std::size_t last = word.size() - 1;
        const bool behind = last > 0 && python::is_punctuation(word[last]);
        const bool before = last > 0 && python::is_punctuation(word[0]);
        if (!behind && !before) {
            words.push_back(word);
            continue;
        }
        const std::size_t cut = behind ? last : 1;
        words.push_back(word.substr(0, cut));
        words.push_back(word.substr(cut));
    }
    return words;
}

Units units_of(const ChrfSettings& settings, std::u32string_view text, WordNumbers& numbers) {
    Units units;
    for (const char32_t c : text) {
        if (settings.whitespace || !python::is_space(c)) units.characters.push_back(c);
    }
    if (settings.word_order > 0) units.words = numbers.numbers(words_and_marks(text));
    return units;
}

// N-grams of the hypothesis, of the reference, of both, for each order. An order that the reference does not have
// counts none of the hypothesis.
void add_orders(std::vector<double>& statistics, std::size_t orders, const std::vector<std::uint32_t>& hypothesis,
                const std::vector<std::uint32_t>& reference) {
    Ngrams ngrams({hypothesis, reference});
    for (std::size_t n = 1; n <= orders; ++n) {
        if (n > 1) ngrams.lengthen();
        const auto ours = ngrams.counts(0), theirs = ngrams.counts(1);
        statistics.push_back(theirs.empty() ? 0 : total(ours));
        statistics.push_back(total(theirs));
        statistics.push_back(common(ours, theirs));
    }
}

double chrf_of(const ChrfSettings& settings, const std::vector<double>& statistics) {
    const double factor = settings.beta * settings.beta;
    double smoothed = 0, precisions = 0, recalls = 0, effective = 0;
    for (std::size_t n = 0; n < settings.orders(); ++n) {
        const double ours = statistics[3 * n], theirs = statistics[3 * n + 1], both = statistics[3 * n + 2];
        const double precision = ours > 0 ? both / ours : epsilon, recall = theirs > 0 ? both / theirs : epsilon;
        const double denominator = factor * precision + recall;
        smoothed += denominator > 0 ? (1 + factor) * precision * recall / denominator : epsilon;
        if (ours == 0 || theirs == 0) continue;
        precisions += precision;
        recalls += recall;
        effective += 1;
    }
    if (settings.eps_smoothing) return smoothed / static_cast<double>(settings.orders());
    if (precisions + recalls == 0) return 0;
    precisions /= effective;
    recalls /= effective;
    return (1 + factor) * precisions * recalls / (factor * precisions + recalls);
}

// Of the reference that fits best, the first of equals.
std::vector<double> statistics_of(const ChrfSettings& settings, const std::string& hypothesis,
                                  const std::vector<std::string>& references) {
    const auto text_of = [&](const std::string& utf8) {
        const std::u32string text = decode_utf8(utf8);
        return settings.lowercase ? lower_case_of_text(text) : text;
    };
    WordNumbers numbers;
    const std::u32string ours = text_of(hypothesis);
    const Units units = units_of(settings, ours, numbers);
    std::vector<double> best(settings.width());
    double best_value = -1;
    for (const std::string& reference : references) {
        const std::u32string theirs = text_of(reference);
        WordNumbers with_theirs = numbers; // whose words end with this round
        const Units wanted = units_of(settings, theirs, with_theirs);
        std::vector<double> statistics;
        add_orders(statistics, settings.char_order, units.characters, wanted.characters);
        add_orders(statistics, settings.word_order, units.words, wanted.words);
        const double value = chrf_of(settings, statistics);
        if (value <= best_value) continue;
        best_value = value;
        best = std::move(statistics);
    }
    return best;
}

std::vector<OptionDescriptor> options() {
    const std::string source = "sacreBLEU 2";
    return {option::integer("char_order", "Longest character n-gram", 6, 1, 20, "Orders of character n-grams", source),
            option::integer("word_order", "Longest word n-gram", 0, 0, 9, "Orders of word n-grams; 2 makes chrF chrF++",
                            source),
            option::real("beta", "Beta", 2, 0, 100, "Weight of recall against precision", source),
            option::flag("lowercase", "Lower case", false, "Compare without regard to case", source),
            option::flag("whitespace", "White space", false, "White space counts as characters", source),
            option::flag("eps_smoothing", "Older smoothing", false,
                         "Average F over all orders, with 1e-16 for empty ones, as chrF++.py and NLTK do", source)};
}

std::string chrf_definition(const OptionValues& values, const std::string& references) {
    const ChrfSettings settings(values);
    return "nrefs:" + references + "|case:" + (settings.lowercase ? "lc" : "mixed") +
           "|eff:" + (settings.eps_smoothing ? "no" : "yes") + "|nc:" + std::to_string(settings.char_order) +
           "|nw:" + std::to_string(settings.word_order) + "|space:" + (settings.whitespace ? "yes" : "no") +
           "|version:1";
}

class ChrfScorer : public SumScorer {
public:
    ChrfScorer(const TextOutcomes& texts, const OptionValues& values)
        : SumScorer(texts.items()),
          m_texts(texts),
          m_settings(values) {}
    std::size_t width() const override { return m_settings.width(); }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const auto own = diapason::statistics_of(m_settings, m_texts.hypotheses.at(item), m_texts.references.at(item));
        std::transform(own.begin(), own.end(), sums.begin(), sums.begin(), std::plus<>());
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override { return chrf_of(m_settings, sums); }

private:
    const TextOutcomes& m_texts;
    ChrfSettings m_settings;
};

class SentenceChrfScorer : public MeanScorer {
public:
    SentenceChrfScorer(const TextOutcomes& texts, const OptionValues& values)
        : MeanScorer(texts.items()),
          m_of_corpus(texts, values) {}
    std::optional<double> item_value(std::size_t item) const override { return m_of_corpus.item_value(item); }

private:
    ChrfScorer m_of_corpus;
};

} // namespace

std::vector<MetricInfo> chrf_metrics() {
    const MetricDefinition defined = {chrf_definition, {"beta"}};
    return {
        {share_measure("chrf", "chrF", "F-measure of character n-grams, over the corpus."), "Popović 2015; sacreBLEU 2",
         options(), defined, made_by<ChrfScorer, TextOutcomes>},
        {share_measure("sentence_chrf", "sentence chrF", "Mean chrF of the sentences, each on its own."),
         "sacreBLEU 2, sentence_chrf", options(), defined, made_by<SentenceChrfScorer, TextOutcomes>},
    };
}

} // namespace diapason
