#include "core/data/metric_functions.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace diapason {
namespace {

constexpr std::size_t max_order = 4;
using Ngrams = std::map<std::vector<std::string>, double>;

std::vector<std::string> rouge_tokens(const std::string& text) {
    std::vector<std::string> tokens;
    std::string token;
    // Lower-casing comes first: some letters of other alphabets become Latin ones, the Kelvin sign for instance.
    for (const char c : encode_utf8(lower_case(decode_utf8(text))) + " ") {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            token.push_back(c);
        } else if (!token.empty()) {
            tokens.push_back(std::move(token));
            token.clear();
        }
    }
    return tokens;
}

Ngrams ngrams(const std::vector<std::string>& tokens, std::size_t order) {
    Ngrams counts;
    for (std::size_t i = 0; i + order <= tokens.size(); ++i) {
        counts[{tokens.begin() + static_cast<std::ptrdiff_t>(i),
                tokens.begin() + static_cast<std::ptrdiff_t>(i + order)}] += 1;
    }
    return counts;
}

struct BleuCounts {
    double matches[max_order] = {}, totals[max_order] = {}, hypothesis = 0, reference = 0;

    void add(const std::string& hypothesis_text, const std::string& reference_text) {
        const auto h = tokenize_13a(hypothesis_text);
        const auto r = tokenize_13a(reference_text);
        hypothesis += static_cast<double>(h.size());
        reference += static_cast<double>(r.size());
        for (std::size_t n = 1; n <= max_order; ++n) {
            const Ngrams wanted = ngrams(r, n);
            for (const auto& [gram, count] : ngrams(h, n)) {
                totals[n - 1] += count;
                const auto found = wanted.find(gram);
                if (found != wanted.end()) matches[n - 1] += std::min(count, found->second);
            }
        }
    }

    double score(bool effective_order) const {
        // No match at all is 0, whatever the smoothing.
        if (std::all_of(std::begin(matches), std::end(matches), [](double m) { return m == 0; })) return 0;
        double log_sum = 0;
        double smooth = 1;
        std::size_t orders = max_order;
        for (std::size_t n = 0; n < max_order; ++n) {
            if (totals[n] == 0) {
                if (effective_order)
                    orders = n;
                else
                    return 0;
                break;
            }
            double precision = matches[n] / totals[n];
            if (matches[n] == 0) {
                smooth *= 2;
                precision = 1 / (smooth * totals[n]);
            }
            log_sum += std::log(precision);
        }
        const double brevity = hypothesis < reference ? std::exp(1 - reference / hypothesis) : 1;
        return brevity * std::exp(log_sum / static_cast<double>(orders));
    }
};

} // namespace

double rouge_l(const std::string& hypothesis, const std::string& reference) {
    const auto h = rouge_tokens(hypothesis);
    const auto r = rouge_tokens(reference);
    if (h.empty() || r.empty()) return 0;
    std::vector<std::size_t> row(r.size() + 1, 0);
    for (const std::string& token : h) {
        std::size_t diagonal = 0;
        for (std::size_t j = 1; j <= r.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = token == r[j - 1] ? diagonal + 1 : std::max(row[j], row[j - 1]);
            diagonal = above;
        }
    }
    const auto common = static_cast<double>(row[r.size()]);
    if (common == 0) return 0;
    const double precision = common / static_cast<double>(h.size());
    const double recall = common / static_cast<double>(r.size());
    return 2 * precision * recall / (precision + recall);
}

std::vector<std::string> tokenize_13a(const std::string& source) {
    std::string text = source;
    const auto replace = [&](const std::string& from, const std::string& to) {
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
            text.replace(at, from.size(), to);
    };
    replace("<skipped>", "");
    replace("-\n", "");
    replace("\n", " ");
    replace("&quot;", "\"");
    replace("&amp;", "&");
    replace("&lt;", "<");
    replace("&gt;", ">");
    text = " " + text + " ";
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    // ([\{-\~\[-\` -\&\(-\+\:-\@\/]) stand alone.
    std::string out;
    for (const char c : text) {
        const bool alone = (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
                           (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
        if (alone)
            ((out += ' ') += c) += ' ';
        else
            out += c;
    }
    // A period or comma stands alone unless digits are on both sides; then a dash behind a digit.
    const auto pass = [&](auto&& rule) {
        std::string next;
        for (std::size_t i = 0; i < out.size();)
            i += rule(i, next);
        out = std::move(next);
    };
    const auto dot = [](char c) { return c == '.' || c == ','; };
    pass([&](std::size_t i, std::string& next) -> std::size_t {
        if (i + 1 < out.size() && !digit(out[i]) && dot(out[i + 1])) {
            ((next += out[i]) += ' ') += out[i + 1];
            next += ' ';
            return 2;
        }
        next += out[i];
        return 1;
    });
    pass([&](std::size_t i, std::string& next) -> std::size_t {
        if (i + 1 < out.size() && dot(out[i]) && !digit(out[i + 1])) {
            (((next += ' ') += out[i]) += ' ') += out[i + 1];
            return 2;
        }
        next += out[i];
        return 1;
    });
    pass([&](std::size_t i, std::string& next) -> std::size_t {
        if (i + 1 < out.size() && digit(out[i]) && out[i + 1] == '-') {
            ((next += out[i]) += " -") += ' ';
            return 2;
        }
        next += out[i];
        return 1;
    });
    std::vector<std::string> tokens;
    std::string token;
    for (const char c : out + " ") {
        if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            if (!token.empty()) tokens.push_back(std::move(token));
            token.clear();
        } else {
            token += c;
        }
    }
    return tokens;
}

double corpus_bleu(const std::vector<std::string>& hypotheses, const std::vector<std::string>& references,
                   bool effective_order) {
    BleuCounts counts;
    for (std::size_t i = 0; i < hypotheses.size(); ++i)
        counts.add(hypotheses[i], references[i]);
    return counts.score(effective_order);
}

double metric::mean_rouge_l(const TextOutcomes& outcomes) {
    double sum = 0;
    for (std::size_t i = 0; i < outcomes.hypotheses.size(); ++i)
        sum += item_rouge_l(outcomes, i);
    return sum / static_cast<double>(outcomes.hypotheses.size());
}

double metric::bleu(const TextOutcomes& outcomes) {
    return corpus_bleu(outcomes.hypotheses, outcomes.references);
}

double metric::item_rouge_l(const TextOutcomes& outcomes, std::size_t item) {
    return rouge_l(outcomes.hypotheses.at(item), outcomes.references.at(item));
}

double metric::item_bleu(const TextOutcomes& outcomes, std::size_t item) {
    return corpus_bleu({outcomes.hypotheses.at(item)}, {outcomes.references.at(item)}, true);
}

} // namespace diapason
