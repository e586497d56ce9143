// A text for each example, written by a language model.
#include "core/base/words.h"
#include "core/data/example_texts.h"
#include "core/data/filling.h"
#include "core/data/kinds/kinds.h"

#include <memory>
#include <utility>

namespace diapason {
namespace {

class EachReference : public Dataset::Source {
public:
    EachReference(Dataset from, std::vector<std::pair<std::size_t, std::size_t>> rows)
        : m_from(std::move(from)),
          m_rows(std::move(rows)) {}
    std::size_t size() const override { return m_rows.size(); }
    Example at(std::size_t row) const override {
        const auto [item, reference] = m_rows[row];
        Example example = m_from[item];
        if (reference > 0) {
            example.target = example.references[reference - 1];
            example.id += "#" + std::to_string(reference + 1);
        }
        example.references.clear();
        return example;
    }

private:
    Dataset m_from;
    std::vector<std::pair<std::size_t, std::size_t>> m_rows;
};

class Generation : public TaskKind {
public:
    const char* name() const override { return "generation"; }
    const char* title() const override { return "Generation"; }
    std::vector<std::string> needed_fields() const override { return {"text", "target"}; }

    void read(Fields& /*fields*/, Task& /*task*/) const override {}
    std::string in_brief(const Task& /*task*/) const override { return "a text"; }
    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        return sound_examples(task, std::move(data), file, [](const Example& example) -> std::string {
            return without_extra_spaces(example.target).empty() ? "has no target" : "";
        });
    }

    // A row for each reference; the first keeps the row's id.
    Dataset for_training(Dataset data) const override {
        std::vector<std::pair<std::size_t, std::size_t>> rows; // item, reference from 0
        bool several = false;
        for (std::size_t item = 0; item < data.size(); ++item) {
            const std::size_t references = data[item].references.size();
            several = several || references > 0;
            for (std::size_t reference = 0; reference <= references; ++reference)
                rows.emplace_back(item, reference);
        }
        return several ? Dataset(std::make_shared<const EachReference>(std::move(data), std::move(rows))) : data;
    }

    OutcomeKind outcomes() const override { return OutcomeKind::texts; }
    std::vector<std::string> default_metrics() const override { return {"rouge_l", "bleu"}; }
    Answer gold(const Task& /*task*/, const Example& example) const override { return {example.target}; }
    Outcomes judged(const Task& /*task*/, const Dataset& data, const std::vector<Answer>& answers) const override {
        TextOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            outcomes.hypotheses.push_back(answers.at(i).empty() ? std::string() : answers[i].front());
            outcomes.references.push_back(right_texts(data[i]));
        }
        return outcomes;
    }
    std::string head(bool /*in_words*/) const override { return {}; }
    bool written(bool /*in_words*/) const override { return true; }
    std::string refusal(const BackboneAbilities& backbone, bool /*in_words*/) const override {
        return backbone.writes ? "" : "a generation task needs a decoder, but the backbone is an encoder";
    }
    std::vector<Problem> problems_in_words(const Task& /*task*/) const override { return {}; }

    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& ends) const override {
        EncodedExample encoded = encode_input(task, tokenizer, example, ends.begin);
        encoded.target_ids =
            tokenizer
                .encode(fill(task.target_template, example),
                        {.add_special_tokens = false, .max_length = static_cast<std::size_t>(task.max_target_tokens)})
                .ids;
        if (ends.end >= 0) encoded.target_ids.push_back(ends.end);
        return {std::move(encoded)};
    }

    Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example,
                 std::size_t room) const override {
        return {filled_tokens(tokenizer, task.text_template, example, room), {}};
    }
    std::vector<std::string> choices(const Task& /*task*/, const Example& /*example*/) const override { return {}; }
    std::string answer(const Task& task, const std::string& words) const override {
        Example example;
        example.target = words;
        return fill(task.target_template, example);
    }
};

} // namespace

const TaskKind& generation_kind() {
    static const Generation kind;
    return kind;
}

} // namespace diapason
