// A tag for each word, by a head that reads a word's first token (Devlin et al. 2019, §5.3).
#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/example_texts.h"
#include "core/data/kinds/kinds.h"
#include "core/data/metrics/spans.h"
#include "core/text/unicode.h"

namespace diapason {
namespace {

// Where each word stands in the words joined by spaces, in code points.
std::vector<Span> places_of(const std::vector<std::string>& words) {
    std::vector<Span> places;
    std::uint32_t at = 0;
    for (const std::string& word : words) {
        const auto size = static_cast<std::uint32_t>(decode_utf8(word).size());
        places.push_back({at, at + size});
        at += size + 1;
    }
    return places;
}

class Tagging : public TaskKind {
public:
    const char* name() const override { return "tagging"; }
    const char* title() const override { return "Token tagging"; }
    std::vector<std::string> needed_fields() const override { return {"words", "tags"}; }
    std::vector<OptionDescriptor> settings() const override { return {tag_scheme_option()}; }

    void read(Fields& fields, Task& task) const override {
        read_labels(fields, task, "a tagging task");
        if (task.labels.size() < 2) fields.add("labels", {}, "at least two tags are needed");
        if (task.text_template != "{text}")
            fields.add("template", task.text_template, "a tagging task has no template: every word is tagged");
    }
    void adopt(Task& task, const Dataset& data, const std::string& file) const override {
        adopt_labels(
            task, data, file, [](const Example& example) { return example.tags; }, 2);
    }
    std::string in_brief(const Task& task) const override { return std::to_string(task.labels.size()) + " tags"; }

    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        const std::map<std::string, int> places = label_places(task);
        const TagScheme& scheme = tag_scheme(task.settings.text("scheme"));
        return sound_examples(
            task, std::move(data), file,
            [&](const Example& example) -> std::string {
                if (example.words.size() != example.tags.size())
                    return "has " + std::to_string(example.words.size()) + " words and " +
                           std::to_string(example.tags.size()) + " tags";
                for (const std::string& word : example.words)
                    if (without_extra_spaces(word).empty()) return "has an empty word";
                for (const std::string& tag : example.tags)
                    if (places.count(tag) == 0) return "has the tag \"" + tag + "\", which the task does not name";
                try {
                    scheme.spans(example.tags);
                } catch (const Error& error) {
                    return "has tags that are not of the scheme " + std::string(scheme.name) + ": " +
                           error.details().what;
                }
                return {};
            },
            "The tags of the task " + task.id + " are " + joined_by(task.labels, &TaskLabel::id));
    }

    OutcomeKind outcomes() const override { return OutcomeKind::tags; }
    std::vector<std::string> default_metrics() const override { return {"span_f1", "span_precision", "span_recall"}; }
    OptionValues metric_options(const MetricInfo& metric, const Task& task) const override {
        return with_option(metric, "scheme", task.settings.text("scheme"));
    }
    Answer gold(const Task& /*task*/, const Example& example) const override { return example.tags; }
    Outcomes judged(const Task& /*task*/, const Dataset& data, const std::vector<Answer>& answers) const override {
        TagOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            const Example example = data[i];
            if (answers.at(i).size() != example.words.size())
                throw input_error("row " + example.id, "has " + std::to_string(example.words.size()) + " words and " +
                                                           std::to_string(answers[i].size()) + " predicted tags");
            outcomes.predicted.push_back(answers[i]);
            outcomes.expected.push_back(example.tags);
        }
        return outcomes;
    }
    std::string head(bool /*in_words*/) const override { return "token_classification"; }
    bool written(bool /*in_words*/) const override { return false; }

    // Words behind the limit of tokens have no token and no answer.
    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& /*ends*/) const override {
        Encoding encoding = tokenizer.encode(
            spaced(example.words), {.max_length = static_cast<std::size_t>(task.max_tokens), .with_offsets = true});
        EncodedExample encoded;
        add_labels(task, example, encoding.offsets, encoded);
        encoded.ids = std::move(encoding.ids);
        encoded.type_ids = std::move(encoding.type_ids);
        return {std::move(encoded)};
    }

private:
    static void add_labels(const Task& task, const Example& example, const std::vector<Span>& tokens,
                           EncodedExample& encoded) {
        const std::map<std::string, int> classes = label_places(task);
        const std::vector<Span> places = places_of(example.words);
        encoded.token_labels.assign(tokens.size(), -100);
        std::size_t word = 0;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (tokens[i].empty()) continue;
            while (word < places.size() && places[word].end <= tokens[i].begin)
                ++word;
            if (word == places.size()) break;
            if (tokens[i].end <= places[word].begin) continue; // the space in front of it
            const auto known = classes.find(example.tags[word]);
            encoded.token_labels[i] = known == classes.end() ? 0 : known->second;
            encoded.labelled_words.push_back(word++);
        }
    }
};

} // namespace

const TaskKind& tagging_kind() {
    static const Tagging kind;
    return kind;
}

} // namespace diapason
