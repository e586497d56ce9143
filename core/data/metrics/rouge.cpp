// ROUGE as rouge_score 0.1.2 computes it (Lin 2004).
#include "core/base/option_builders.h"
#include "core/data/metrics/common_subsequence.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/ngrams.h"
#include "core/data/metrics/porter_stemmer.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace diapason {
namespace {

using Symbols = std::vector<std::uint32_t>;

struct Overlap {
    double precision = 0, recall = 0, f = 0;
};
Overlap overlap(double both, double ours, double theirs) {
    const double precision = ours > 0 ? both / ours : 0, recall = theirs > 0 ? both / theirs : 0;
    return {precision, recall, f_measure(precision, recall)};
}

// Tokens of texts, numbered. Of a word that is seen again the stem is known.
class Tokens {
public:
    explicit Tokens(bool stems) : m_stems(stems) {}

    // [a-z0-9]+ of the lower-cased text. Lower-casing comes first: some letters of other alphabets become Latin ones,
    // the Kelvin sign for instance.
    Symbols of(const std::string& text) {
        Symbols symbols;
        std::u32string token;
        for (const char32_t c : lower_case_of_text(decode_utf8(text)) + U" ") {
            if ((c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9')) {
                token.push_back(c);
            } else if (!token.empty()) {
                symbols.push_back(number(token));
                token.clear();
            }
        }
        return symbols;
    }

    // The same of each line with a character in it.
    std::vector<Symbols> of_lines(const std::string& text) {
        std::vector<Symbols> lines;
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            if (end > at) lines.push_back(of(text.substr(at, end - at)));
            at = end + 1;
        }
        return lines;
    }

private:
    std::uint32_t number(const std::u32string& token) {
        const auto known = m_words.find(token);
        if (known != m_words.end()) return known->second;
        const std::u32string stem = m_stems && token.size() > 3 ? porter_stem(token) : token;
        const auto symbol = m_symbols.emplace(stem, static_cast<std::uint32_t>(m_symbols.size())).first->second;
        m_words.emplace(token, symbol);
        return symbol;
    }

    bool m_stems;
    std::unordered_map<std::u32string, std::uint32_t> m_words, m_symbols;
};

template <std::size_t order>
Overlap of_ngrams(Tokens& tokens, const std::string& hypothesis, const std::string& reference) {
    Ngrams ngrams({tokens.of(hypothesis), tokens.of(reference)});
    for (std::size_t n = 1; n < order; ++n)
        ngrams.lengthen();
    const auto ours = ngrams.counts(0), theirs = ngrams.counts(1);
    return overlap(common(ours, theirs), total(ours), total(theirs));
}

Overlap of_subsequence(Tokens& tokens, const std::string& hypothesis, const std::string& reference) {
    const Symbols ours = tokens.of(hypothesis), theirs = tokens.of(reference);
    return overlap(static_cast<double>(common_subsequence_length(ours, theirs)), static_cast<double>(ours.size()),
                   static_cast<double>(theirs.size()));
}

// The lines of a text, each once: what equal lines have in common with another is the same.
class LineIndex {
public:
    explicit LineIndex(std::vector<Symbols> lines) : m_lines(std::move(lines)) {
        std::sort(m_lines.begin(), m_lines.end());
        m_lines.erase(std::unique(m_lines.begin(), m_lines.end()), m_lines.end());
        for (std::size_t i = 0; i < m_lines.size(); ++i) {
            for (const std::uint32_t symbol : std::set<std::uint32_t>(m_lines[i].begin(), m_lines[i].end()))
                m_with[symbol].push_back(i);
        }
    }

    /// Which places of `wanted` are in a longest common subsequence with some line. Only a line with a place's token
    /// can have it, and of texts of many lines most have none.
    std::vector<bool> in_common(const Symbols& wanted) const {
        std::vector<bool> found(wanted.size());
        std::unordered_set<std::size_t> tried;
        for (std::size_t place = 0; place < wanted.size(); ++place) {
            const auto lines = m_with.find(wanted[place]);
            if (lines == m_with.end()) continue;
            for (std::size_t k = 0; k < lines->second.size() && !found[place]; ++k) {
                if (!tried.insert(lines->second[k]).second) continue;
                for (const std::size_t common : common_subsequence(wanted, m_lines[lines->second[k]]))
                    found[common] = true;
            }
        }
        return found;
    }

private:
    std::vector<Symbols> m_lines;
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> m_with; ///< lines by their tokens
};

// Lines of the reference, each with the union of what it has in common with the lines of the hypothesis; a token counts
// no more often than it occurs in either text (rouge_score's addition to the paper).
Overlap of_lines(Tokens& tokens, const std::string& hypothesis, const std::string& reference) {
    const std::vector<Symbols> ours = tokens.of_lines(hypothesis), theirs = tokens.of_lines(reference);
    std::unordered_map<std::uint32_t, std::size_t> left_of_ours, left_of_theirs;
    std::size_t our_total = 0, their_total = 0, both = 0;
    const auto count = [](const std::vector<Symbols>& lines, auto& left, std::size_t& sum) {
        for (const Symbols& line : lines) {
            sum += line.size();
            for (const std::uint32_t symbol : line)
                ++left[symbol];
        }
    };
    count(ours, left_of_ours, our_total);
    count(theirs, left_of_theirs, their_total);
    const LineIndex index(ours);
    std::map<Symbols, std::vector<bool>> known;
    for (const Symbols& wanted : theirs) {
        auto found = known.find(wanted);
        if (found == known.end()) found = known.emplace(wanted, index.in_common(wanted)).first;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!found->second[i] || left_of_ours[wanted[i]] == 0 || left_of_theirs[wanted[i]] == 0) continue;
            ++both;
            --left_of_ours[wanted[i]];
            --left_of_theirs[wanted[i]];
        }
    }
    return overlap(static_cast<double>(both), static_cast<double>(our_total), static_cast<double>(their_total));
}

// Means over the items. Statistics: sums of F, precision and recall, and the items.
template <Overlap (&of_texts)(Tokens&, const std::string&, const std::string&)>
class RougeScorer : public SumScorer {
public:
    RougeScorer(const TextOutcomes& texts, const OptionValues& values)
        : SumScorer(texts.items()),
          m_texts(texts),
          m_stemmer(values.flag("stemmer")),
          m_best(values.text("references") == "best") {}

    std::size_t width() const override { return 4; }
    void add_statistics(std::size_t item, std::vector<double>& sums) const override {
        const std::vector<std::string>& references = m_texts.references.at(item);
        Tokens tokens(m_stemmer);
        Overlap best;
        for (std::size_t i = 0; i < references.size() && (m_best || i == 0); ++i) {
            const Overlap one = of_texts(tokens, m_texts.hypotheses.at(item), references[i]);
            if (i == 0 || one.f > best.f) best = one;
        }
        sums[0] += best.f;
        sums[1] += best.precision;
        sums[2] += best.recall;
        sums[3] += 1;
    }
    std::optional<double> value_of(const std::vector<double>& sums) const override {
        return quotient(sums[0], sums[3]);
    }

private:
    std::vector<NamedScore> parts_of(const std::vector<double>& sums) const override {
        return {{"precision", quotient(sums[1], sums[3])}, {"recall", quotient(sums[2], sums[3])}};
    }

    const TextOutcomes& m_texts;
    bool m_stemmer, m_best;
};

std::string rouge_definition(const OptionValues& values, const std::string& references) {
    const bool several = values.text("references") == "best" && references != "1";
    return "nrefs:" + (several ? references + "|refs:best" : "1") +
           "|case:lc|tok:[a-z0-9]+|stem:" + (values.flag("stemmer") ? "porter-nltk" : "no") +
           "|average:items|version:1";
}

template <Overlap (&of_texts)(Tokens&, const std::string&, const std::string&)>
MetricInfo row(const std::string& name, const std::string& label, const std::string& what) {
    return {share_measure(name, label, "F-measure of " + what + ", averaged over items."),
            "Lin 2004; rouge_score",
            {option::flag("stemmer", "Stemmer", false, "Compare the stems of words longer than three letters",
                          "rouge_score 0.1.2; NLTK's extended Porter stemmer"),
             option::choice("references", "References", "best",
                            {{"best", "best", "The reference with the highest F, of each item"},
                             {"first", "first", "The first reference of each item"}},
                            "Which of several references counts")},
            {rouge_definition},
            made_by<RougeScorer<of_texts>, TextOutcomes>};
}

} // namespace

std::vector<MetricInfo> rouge_metrics() {
    return {row<of_ngrams<1>>("rouge_1", "ROUGE-1", "words"), row<of_ngrams<2>>("rouge_2", "ROUGE-2", "pairs of words"),
            row<of_ngrams<3>>("rouge_3", "ROUGE-3", "triples of words"),
            row<of_subsequence>("rouge_l", "ROUGE-L", "the longest common subsequence of words"),
            row<of_lines>("rouge_lsum", "ROUGE-Lsum", "the longest common subsequences of lines")};
}

} // namespace diapason
