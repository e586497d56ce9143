// One of the options that each question brings along: by a head that scores every option beside the text, or in words.
#include "core/base/whole_number.h"
#include "core/base/words.h"
#include "core/data/kinds/kinds.h"

#include <algorithm>
#include <optional>

namespace diapason {
namespace {

constexpr std::size_t max_options = 100;

// Which option a label names: by its text, by a letter, or by its number from 0. A text comes first, so that options
// that are numbers or letters themselves mean what they say.
std::optional<int> named_option(const Example& example) {
    const auto& options = example.options;
    const auto same = std::find(options.begin(), options.end(), example.label);
    if (same != options.end()) return static_cast<int>(same - options.begin());
    if (const auto number = whole_number<std::size_t>(example.label); number && *number < options.size())
        return static_cast<int>(*number);
    if (example.label.size() != 1) return std::nullopt;
    const char letter = example.label.front();
    const int place = letter >= 'a' ? letter - 'a' : letter - 'A';
    return place >= 0 && place < std::ssize(options) ? std::optional(place) : std::nullopt;
}

std::string fault_of(const Example& example) {
    if (example.options.size() < 2) return "has fewer than two options";
    if (example.options.size() > max_options) return "has more than " + std::to_string(max_options) + " options";
    for (auto option = example.options.begin(); option != example.options.end(); ++option) {
        if (without_extra_spaces(*option).empty()) return "has an empty option";
        if (std::count(option + 1, example.options.end(), *option) > 0)
            return "has the option \"" + option->substr(0, 60) + "\" twice";
    }
    if (example.label.empty()) return "has no label";
    if (!named_option(example))
        return "has the label \"" + example.label.substr(0, 60) + "\", which is not one of its options";
    return {};
}

class MultipleChoice : public TaskKind {
public:
    const char* name() const override { return "multiple_choice"; }
    const char* title() const override { return "Multiple choice"; }
    std::vector<std::string> needed_fields() const override { return {"text", "options", "label"}; }

    void read(Fields& /*fields*/, Task& /*task*/) const override {}
    std::string in_brief(const Task& /*task*/) const override { return "options of each question"; }
    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        data = sound_examples(task, std::move(data), file, fault_of,
                              "A label is an option's text, its letter, or its number from 0");
        return mapped(std::move(data), [](Example example) {
            example.label_index = named_option(example).value_or(-1);
            return example;
        });
    }

    OutcomeKind outcomes() const override { return OutcomeKind::classes; }
    std::vector<std::string> default_metrics() const override { return {"accuracy"}; }
    Answer gold(const Task& /*task*/, const Example& example) const override {
        return {std::to_string(example.label_index)};
    }
    Outcomes judged(const Task& /*task*/, const Dataset& data, const std::vector<Answer>& answers) const override {
        ClassOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            Example named = data[i];
            outcomes.expected.push_back(named.label_index);
            outcomes.classes = std::max(outcomes.classes, std::ssize(named.options));
            named.label = answers.at(i).empty() ? std::string() : answers[i].front();
            const auto number = whole_number<std::int64_t>(named.label);
            outcomes.predicted.push_back(number ? *number : named_option(named).value_or(-1));
        }
        return outcomes;
    }
    std::string head(bool in_words) const override { return in_words ? "" : "sequence_classification"; }
    std::int64_t outputs(const Task& /*task*/) const override { return 1; }
    bool written(bool /*in_words*/) const override { return false; }
    std::vector<Problem> problems_in_words(const Task& /*task*/) const override { return {}; }

    // A sequence for each option, text and option as a pair (Devlin et al. 2019, §4.4).
    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& /*ends*/) const override {
        EncodedItem item;
        for (const std::string& option : example.options) {
            Encoding encoding =
                tokenizer.encode_pair(example.pair.empty() ? example.text : example.text + " " + example.pair, option,
                                      {.max_length = static_cast<std::size_t>(task.max_tokens)});
            EncodedExample& encoded = item.emplace_back();
            encoded.ids = std::move(encoding.ids);
            encoded.type_ids = std::move(encoding.type_ids);
            encoded.label_index = example.label_index;
        }
        return item;
    }

    std::vector<std::string> choices(const Task& /*task*/, const Example& example) const override {
        return example.options;
    }
    bool choices_differ() const override { return true; }
};

} // namespace

const TaskKind& multiple_choice_kind() {
    static const MultipleChoice kind;
    return kind;
}

} // namespace diapason
