#include "core/data/metrics/answers.h"

#include "core/base/option_builders.h"
#include "core/base/words.h"
#include "core/data/metrics/families.h"
#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <unordered_map>

namespace diapason {
namespace {

// F1 of two normalised answers as bags of words.
double word_f1(std::u32string_view prediction, std::u32string_view answer, bool empty_can_match) {
    const auto ours = python::split(prediction), theirs = python::split(answer);
    if (empty_can_match && (ours.empty() || theirs.empty())) return ours.empty() && theirs.empty() ? 1 : 0;
    std::unordered_map<std::u32string_view, std::size_t> left;
    for (const std::u32string_view word : theirs)
        ++left[word];
    double both = 0;
    for (const std::u32string_view word : ours) {
        const auto found = left.find(word);
        if (found == left.end() || found->second == 0) continue;
        --found->second;
        both += 1;
    }
    if (both == 0) return 0;
    return f_measure(both / static_cast<double>(ours.size()), both / static_cast<double>(theirs.size()));
}

// SQuAD 2.0 asks for no answer by answers of which nothing is left, and they count only where all are so.
std::vector<std::u32string> answers_of(const std::vector<std::string>& references, bool may_be_empty) {
    std::vector<std::u32string> answers;
    for (const std::string& reference : references)
        answers.push_back(normalized_answer(reference));
    if (!may_be_empty) return answers;
    std::erase_if(answers, [](const std::u32string& answer) { return answer.empty(); });
    if (answers.empty()) answers.emplace_back();
    return answers;
}

// The best of the answers. Versions differ in what empty answers count.
class SquadScorer : public MeanScorer {
public:
    SquadScorer(const TextOutcomes& texts, const OptionValues& values)
        : MeanScorer(texts.items()),
          m_texts(texts),
          m_second(values.text("squad") == "2.0") {}
    std::optional<double> item_value(std::size_t item) const override {
        const std::u32string prediction = normalized_answer(m_texts.hypotheses.at(item));
        double best = 0;
        for (const std::u32string& answer : answers_of(m_texts.references.at(item), m_second))
            best = std::max(best, of_pair(prediction, answer));
        return best;
    }

protected:
    virtual double of_pair(const std::u32string& prediction, const std::u32string& answer) const = 0;
    bool second() const { return m_second; }

private:
    const TextOutcomes& m_texts;
    bool m_second;
};

class SquadMatchScorer : public SquadScorer {
public:
    using SquadScorer::SquadScorer;

private:
    double of_pair(const std::u32string& prediction, const std::u32string& answer) const override {
        return prediction == answer ? 1 : 0;
    }
};

class SquadF1Scorer : public SquadScorer {
public:
    using SquadScorer::SquadScorer;

private:
    double of_pair(const std::u32string& prediction, const std::u32string& answer) const override {
        return word_f1(prediction, answer, second());
    }
};

class ExactMatchScorer : public MeanScorer {
public:
    ExactMatchScorer(const TextOutcomes& texts, const OptionValues& values)
        : MeanScorer(texts.items()),
          m_texts(texts),
          m_lowercase(values.flag("lowercase")) {}
    std::optional<double> item_value(std::size_t item) const override {
        const std::string text = compared(m_texts.hypotheses.at(item));
        const auto& references = m_texts.references.at(item);
        return std::any_of(references.begin(), references.end(),
                           [&](const std::string& reference) { return compared(reference) == text; })
                   ? 1
                   : 0;
    }

private:
    std::string compared(const std::string& text) const {
        const std::string words = without_extra_spaces(text);
        return m_lowercase ? encode_utf8(lower_case_of_text(decode_utf8(words))) : words;
    }

    const TextOutcomes& m_texts;
    bool m_lowercase;
};

OptionDescriptor version_option() {
    return option::choice("squad", "SQuAD", "1.1",
                          {{"1.1", "1.1", "Two answers of which nothing is left have F1 0"},
                           {"2.0", "2.0", "They have F1 1: there is no answer"}},
                          "Version of the evaluation", "evaluate-v1.1.py, evaluate-v2.0.py");
}

std::string squad_definition(const OptionValues& values, const std::string& references) {
    return "nrefs:" + references + "|case:lc|punct:no|articles:no|squad:" + values.text("squad") + "|version:1";
}

} // namespace

std::u32string normalized_answer(std::string_view answer) {
    std::u32string text = lower_case_of_text(decode_utf8(answer));
    std::erase_if(text, python::is_punctuation);
    std::u32string without;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && python::is_word(text[end]))
            ++end;
        const std::u32string_view word = std::u32string_view(text).substr(at, end - at);
        without += word == U"a" || word == U"an" || word == U"the" ? std::u32string_view(U" ") : word;
        if (end < text.size()) without += text[end++];
        at = end;
    }
    std::u32string normalized;
    for (const std::u32string_view word : python::split(without))
        (normalized += normalized.empty() ? U"" : U" ") += word;
    return normalized;
}

std::vector<MetricInfo> answers_metrics() {
    return {
        {share_measure("exact_match", "exact match",
                       "Share of items whose text is one of the references, but for extra spaces."),
         "",
         {option::flag("lowercase", "Lower case", false, "Compare without regard to case")},
         {[](const OptionValues& values, const std::string& references) {
             return "nrefs:" + references + "|case:" + (values.flag("lowercase") ? "lc" : "mixed") +
                    "|space:single|version:1";
         }},
         made_by<ExactMatchScorer, TextOutcomes>},
        {share_measure("squad_em", "SQuAD exact match",
                       "Share of items whose answer is one of the references, without case, punctuation and articles."),
         "Rajpurkar et al. 2016",
         {version_option()},
         {squad_definition},
         made_by<SquadMatchScorer, TextOutcomes>},
        {share_measure("squad_f1", "SQuAD F1",
                       "F1 of the words of an answer, without case, punctuation and articles; the best reference of "
                       "each item, averaged over items."),
         "Rajpurkar et al. 2016, 2018",
         {version_option()},
         {squad_definition},
         made_by<SquadF1Scorer, TextOutcomes>},
    };
}

} // namespace diapason
