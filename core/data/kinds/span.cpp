// The part of a text that answers a question, by a head that finds its first and last token (Devlin et al. 2019, §4.2),
// or written in words. Texts that are too long are read in windows that overlap.
#include "core/base/option_builders.h"
#include "core/base/words.h"
#include "core/data/example_texts.h"
#include "core/data/kinds/kinds.h"
#include "core/text/unicode.h"

namespace diapason {
namespace {

constexpr std::size_t question_tokens = 64; // of BERT's run_squad

// Where an answer stands in the text, in code points; npos when it does not.
std::size_t place_of(const TextSpan& answer, const std::u32string& text, const std::u32string& words) {
    if (answer.begin < 0) return text.find(words);
    const auto begin = static_cast<std::size_t>(answer.begin);
    return begin <= text.size() && text.compare(begin, words.size(), words) == 0 ? begin : std::u32string::npos;
}

std::string fault_of(const Example& example, bool may_lack) {
    if (without_extra_spaces(example.pair).empty()) return "has no question";
    if (example.answers.empty()) return may_lack ? "" : "has no answer";
    const std::u32string text = decode_utf8(example.text);
    for (const TextSpan& answer : example.answers) {
        if (place_of(answer, text, decode_utf8(answer.text)) != std::u32string::npos) continue;
        const std::string shown = "\"" + answer.text.substr(0, 60) + "\"";
        return answer.begin < 0 ? "has the answer " + shown + ", which its text does not contain"
                                : "has the answer " + shown + ", which does not stand at " +
                                      std::to_string(answer.begin) + " of its text";
    }
    return {};
}

class SpanKind : public TaskKind {
public:
    const char* name() const override { return "span"; }
    const char* title() const override { return "Extractive answer"; }
    std::vector<std::string> needed_fields() const override { return {"text", "pair", "answers"}; }
    std::vector<OptionDescriptor> settings() const override {
        return {option::flag("no_answer", "Questions without an answer", false,
                             "Whether a text may hold no answer to its question, as in SQuAD 2.0.",
                             "Rajpurkar et al. 2018"),
                option::text("no_answer_words", "Words for no answer", "no answer",
                             "What is written in words where the text holds no answer."),
                option::in_units(option::integer("overlap", "Overlap of windows", 128, 0, 100'000,
                                                 "How much of a long text two neighbouring windows share.",
                                                 "Devlin et al. 2019, run_squad: doc_stride"),
                                 "tokens"),
                option::in_units(option::integer("longest_answer", "Longest answer", 30, 1, 10'000,
                                                 "How long an answer may be; longer parts of the text are left out.",
                                                 "Devlin et al. 2019, run_squad: max_answer_length"),
                                 "tokens")};
    }

    void read(Fields& fields, Task& task) const override {
        if (task.text_template != "{text}")
            fields.add("template", task.text_template,
                       "a span task has no template: question and text are read as a pair");
    }
    std::string default_question(const Task& /*task*/) const override {
        return "question: {pair} context: {text} answer: {answer}";
    }
    void adopt(Task& task, const Dataset& data, const std::string& /*file*/) const override {
        bool lacks = false;
        for (const Example& example : data)
            lacks = lacks || example.answers.empty();
        std::vector<Problem> problems;
        task.settings = OptionValues::from_json(settings(), {{"no_answer", lacks}}, {}, problems);
    }
    std::string in_brief(const Task& task) const override {
        return task.settings.flag("no_answer") ? "a part of the text, or none" : "a part of the text";
    }
    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        const bool may_lack = task.settings.flag("no_answer");
        data = sound_examples(
            task, std::move(data), file, [&](const Example& example) { return fault_of(example, may_lack); },
            may_lack ? "" : "Set no_answer if a text may hold none");
        return mapped(std::move(data), [words = task.settings.text("no_answer_words")](Example example) {
            example.target = example.answers.empty() ? words : example.answers.front().text;
            return example;
        });
    }

    OutcomeKind outcomes() const override { return OutcomeKind::texts; }
    std::vector<std::string> default_metrics() const override { return {"squad_f1", "squad_em"}; }
    OptionValues metric_options(const MetricInfo& metric, const Task& task) const override {
        return with_option(metric, "squad", task.settings.flag("no_answer") ? "2.0" : "1.1");
    }
    Answer gold(const Task& /*task*/, const Example& example) const override {
        return {example.answers.empty() ? std::string() : example.answers.front().text};
    }
    Outcomes judged(const Task& /*task*/, const Dataset& data, const std::vector<Answer>& answers) const override {
        TextOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            outcomes.hypotheses.push_back(answers.at(i).empty() ? std::string() : answers[i].front());
            outcomes.references.push_back(right_answers(data[i]));
        }
        return outcomes;
    }
    std::string head(bool in_words) const override { return in_words ? "" : "extractive_span"; }
    bool written(bool in_words) const override { return in_words; }
    std::string refusal(const BackboneAbilities& backbone, bool in_words) const override {
        if (in_words && !backbone.writes) return "answers in words need a decoder, but the backbone is an encoder";
        return TaskKind::refusal(backbone, in_words);
    }
    std::vector<Problem> problems_in_words(const Task& /*task*/) const override { return {}; }

    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& /*ends*/) const override {
        const std::vector<PairWindow> windows =
            tokenizer.encode_windows(example.pair, example.text,
                                     {.max_length = static_cast<std::size_t>(task.max_tokens),
                                      .overlap = static_cast<std::size_t>(task.settings.integer("overlap")),
                                      .max_first = question_tokens});
        Span answer; // that is to be found: the first
        if (!example.answers.empty()) {
            const std::u32string words = decode_utf8(example.answers.front().text);
            const std::size_t at = place_of(example.answers.front(), decode_utf8(example.text), words);
            answer = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + words.size())};
        }
        EncodedItem item;
        for (const PairWindow& window : windows)
            item.push_back(window_of(window, answer));
        return item;
    }

private:
    // A window without the whole answer has none: its first token stands for that.
    static EncodedExample window_of(const PairWindow& window, Span answer) {
        EncodedExample encoded;
        encoded.ids = window.encoding.ids;
        encoded.type_ids = window.encoding.type_ids;
        encoded.offsets.resize(encoded.ids.size());
        encoded.span_begin = encoded.span_end = 0;
        std::int64_t begin = -1, end = -1;
        for (std::size_t i = window.pair_begin; i < window.pair_end; ++i) {
            const Span place = encoded.offsets[i] = window.encoding.offsets[i];
            if (place.begin <= answer.begin && place.end > answer.begin) begin = static_cast<std::int64_t>(i);
            if (end < 0 && place.end >= answer.end && place.begin < answer.end) end = static_cast<std::int64_t>(i);
        }
        if (answer.empty() || begin < 0 || end < begin) return encoded;
        encoded.span_begin = begin;
        encoded.span_end = end;
        return encoded;
    }
};

} // namespace

const TaskKind& span_kind() {
    static const SpanKind kind;
    return kind;
}

} // namespace diapason
