#include "core/data/metrics/bleu.h"

#include "core/base/option_builders.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/ngrams.h"
#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace diapason {
namespace {

// The precision of an order without a match. It may grow from order to order.
using Smoothing = double (*)(double total, double value, double& halving);
struct SmoothMethod {
    const char* name;
    const char* help;
    double value; // by default
    Smoothing precision_without_match;
    double (*added)(double value, std::size_t order); // to matches and totals
};
const SmoothMethod smooth_methods[] = {
    {"exp", "1/2, 1/4, … of a match for each order without one (mteval)", 0,
     [](double total, double /*value*/, double& halving) { return 1 / ((halving *= 2) * total); },
     [](double /*value*/, std::size_t /*order*/) { return 0.0; }},
    {"floor", "smooth_value matches in an order without one", 0.1,
     [](double total, double value, double& /*halving*/) { return value / total; },
     [](double /*value*/, std::size_t /*order*/) { return 0.0; }},
    {"add-k", "smooth_value more matches and n-grams in every order but the first", 1,
     [](double /*total*/, double /*value*/, double& /*halving*/) { return 0.0; },
     [](double value, std::size_t order) { return order > 1 ? value : 0.0; }},
    {"none", "An order without a match makes the score 0", 0,
     [](double /*total*/, double /*value*/, double& /*halving*/) { return 0.0; },
     [](double /*value*/, std::size_t /*order*/) { return 0.0; }},
};

const SmoothMethod& smoothing_named(const std::string& name) {
    return *std::find_if(std::begin(smooth_methods), std::end(smooth_methods),
                         [&](const SmoothMethod& method) { return method.name == name; });
}

std::vector<OptionDescriptor> options(bool sentence) {
    std::vector<OptionChoice> tokenizers, methods;
    for (const BleuTokenizer& one : bleu_tokenizers())
        tokenizers.push_back({one.name, one.name, one.help});
    for (const SmoothMethod& one : smooth_methods)
        methods.push_back({one.name, one.name, one.help});
    const std::string source = "sacreBLEU 2";
    return {option::choice("tokenize", "Tokenizer", "13a", tokenizers, "How texts become tokens", source),
            option::flag("lowercase", "Lower case", false, "Compare without regard to case", source),
            option::choice("smooth_method", "Smoothing", "exp", methods, "What orders without a match count", source),
            option::real("smooth_value", "Smoothing value", 0, 0, 1e6,
                         "Value of floor and add-k; 0 = 0.1 for floor, 1 for add-k", source),
            option::integer("max_ngram_order", "Longest n-gram", 4, 1, 9, "Orders of n-grams that count", source),
            option::flag("effective_order", "Effective order", sentence,
                         "Leave out orders that are longer than the hypothesis", source)};
}

std::string bleu_definition(const OptionValues& values, const std::string& references) {
    const BleuSettings settings = BleuSettings::from(values);
    std::string smooth = settings.smooth_method;
    if (smoothing_named(smooth).value > 0) smooth += "[" + signature_number(settings.smooth_value) + "]";
    return "nrefs:" + references + "|case:" + (settings.lowercase ? "lc" : "mixed") +
           "|eff:" + (settings.effective_order ? "yes" : "no") + "|tok:" + settings.tokenizer->name +
           "|smooth:" + smooth + "|version:1";
}

class BleuScorer : public SumScorer {
public:
    BleuScorer(const TextOutcomes& texts, const OptionValues& values)
        : SumScorer(texts.items()),
          m_texts(texts),
          m_settings(BleuSettings::from(values)),
          m_of_sentence(m_settings) {
        m_of_sentence.effective_order = true;
    }
    std::size_t width() const override { return m_settings.width(); }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const auto own = bleu_statistics(m_settings, m_texts.hypotheses.at(item), m_texts.references.at(item));
        std::transform(own.begin(), own.end(), sums.begin(), sums.begin(), std::plus<>());
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        return bleu_score(m_settings, sums).value;
    }
    std::optional<double> item_value(std::size_t item) const override {
        return bleu_score(m_of_sentence, statistics_of(item)).value;
    }

private:
    std::vector<NamedScore> parts_of(const std::vector<double>& sums) const override {
        return bleu_score(m_settings, sums).parts();
    }

    const TextOutcomes& m_texts;
    BleuSettings m_settings, m_of_sentence;
};

class SentenceBleuScorer : public MeanScorer {
public:
    SentenceBleuScorer(const TextOutcomes& texts, const OptionValues& values)
        : MeanScorer(texts.items()),
          m_texts(texts),
          m_settings(BleuSettings::from(values)) {}
    std::optional<double> item_value(std::size_t item) const override {
        return bleu_score(m_settings,
                          bleu_statistics(m_settings, m_texts.hypotheses.at(item), m_texts.references.at(item)))
            .value;
    }

private:
    const TextOutcomes& m_texts;
    BleuSettings m_settings;
};

} // namespace

BleuSettings BleuSettings::from(const OptionValues& options) {
    BleuSettings settings;
    settings.tokenizer = &bleu_tokenizer(options.text("tokenize"));
    settings.lowercase = options.flag("lowercase");
    settings.smooth_method = options.text("smooth_method");
    settings.smooth_value = options.real("smooth_value");
    if (settings.smooth_value == 0) settings.smooth_value = smoothing_named(settings.smooth_method).value;
    settings.max_order = static_cast<std::size_t>(options.integer("max_ngram_order"));
    settings.effective_order = options.flag("effective_order");
    return settings;
}

std::vector<double> bleu_statistics(const BleuSettings& settings, std::string_view hypothesis,
                                    const std::vector<std::string>& references) {
    std::vector<std::u32string> texts;
    const auto take = [&](std::string_view utf8) {
        std::u32string text = decode_utf8(utf8);
        if (settings.lowercase) text = lower_case_of_text(text);
        texts.push_back(settings.tokenizer->spaced(python::without_spaces_behind(text)));
    };
    take(hypothesis);
    for (const std::string& reference : references)
        take(reference);
    WordNumbers words;
    std::vector<std::vector<std::uint32_t>> sequences;
    for (const std::u32string& text : texts)
        sequences.push_back(words.numbers(python::split(text)));

    const auto length = static_cast<double>(sequences.front().size());
    double closest = 0, distance = std::numeric_limits<double>::infinity();
    for (std::size_t s = 1; s < sequences.size(); ++s) {
        const auto other = static_cast<double>(sequences[s].size());
        const double away = std::abs(other - length);
        if (away < distance || (away == distance && other < closest)) {
            closest = other;
            distance = away;
        }
    }
    std::vector<double> statistics = {length, closest};
    statistics.resize(settings.width());
    const std::size_t count = sequences.size();
    Ngrams ngrams(std::move(sequences));
    for (std::size_t n = 0; n < settings.max_order; ++n) {
        if (n > 0) ngrams.lengthen();
        std::vector<NgramCount> wanted;
        for (std::size_t s = 1; s < count; ++s)
            wanted = larger(wanted, ngrams.counts(s));
        statistics[2 + n] = common(ngrams.counts(0), wanted);
        statistics[2 + settings.max_order + n] = static_cast<double>(ngrams.ids(0).size());
    }
    return statistics;
}

BleuScore bleu_score(const BleuSettings& settings, const std::vector<double>& sums) {
    const SmoothMethod& method = smoothing_named(settings.smooth_method);
    const std::size_t orders = settings.max_order;
    const auto at = [&](std::size_t offset) { return sums.begin() + static_cast<std::ptrdiff_t>(offset); };
    BleuScore score{0, 0, sums[0], sums[1], {at(2), at(2 + orders)}, {at(2 + orders), at(2 + 2 * orders)}, {}};
    score.precisions.resize(orders);
    const double length = score.length, wanted = score.reference_length;
    score.brevity = length >= wanted ? 1 : length > 0 ? std::exp(1 - wanted / length) : 0;
    if (std::none_of(score.counts.begin(), score.counts.end(), [](double count) { return count > 0; })) return score;
    double halving = 1, log_sum = 0;
    std::size_t effective = orders;
    for (std::size_t n = 0; n < orders; ++n) {
        const double added = method.added(settings.smooth_value, n + 1);
        double &count = score.counts[n] += added, &total = score.totals[n] += added;
        if (total == 0) break; // and the precisions from here on are 0
        if (settings.effective_order) effective = n + 1;
        score.precisions[n] =
            count > 0 ? count / total : method.precision_without_match(total, settings.smooth_value, halving);
    }
    for (std::size_t n = 0; n < effective; ++n)
        log_sum += std::log(score.precisions[n]); // of 0 minus infinity, and the value 0
    score.value = score.brevity * std::exp(log_sum / static_cast<double>(effective));
    return score;
}

std::vector<NamedScore> BleuScore::parts() const {
    std::vector<NamedScore> parts = {{"bp", brevity}, {"sys_len", length}, {"ref_len", reference_length}};
    for (const auto& [name, list] : {std::pair{"counts", &counts}, {"totals", &totals}, {"precisions", &precisions}}) {
        for (std::size_t n = 0; n < list->size(); ++n)
            parts.push_back({std::string(name) + "." + std::to_string(n), (*list)[n]});
    }
    return parts;
}

std::vector<MetricInfo> bleu_metrics() {
    return {
        {share_measure("bleu", "BLEU", "Corpus BLEU-4."),
         "Post 2018: sacreBLEU, 13a tokens, exponential smoothing",
         options(false),
         {bleu_definition, {"max_ngram_order"}},
         made_by<BleuScorer, TextOutcomes>},
        {share_measure("sentence_bleu", "sentence BLEU", "Mean BLEU-4 of the sentences, each on its own."),
         "sacreBLEU 2, sentence_bleu",
         options(true),
         {bleu_definition, {"max_ngram_order"}},
         made_by<SentenceBleuScorer, TextOutcomes>},
    };
}

} // namespace diapason
