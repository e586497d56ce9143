// A text for each example, written by a language model.
#include "core/base/words.h"
#include "core/data/filling.h"
#include "core/data/lines.h"
#include "core/data/task.h"

namespace diapason {
namespace {

class Generation : public TaskKind {
public:
    const char* name() const override { return "generation"; }
    OutcomeKind outcomes() const override { return OutcomeKind::texts; }
    std::vector<std::string> default_metrics() const override { return {"rouge_l", "bleu"}; }
    bool written() const override { return true; }
    std::string head(bool /*in_words*/) const override { return {}; }

    std::string refusal(const BackboneAbilities& backbone, bool /*in_words*/) const override {
        return backbone.writes ? "" : "a generation task needs a decoder, but the backbone is an encoder";
    }

    void read(Fields& fields, Task& task) const override {
        if (task.columns.count("target") == 0) fields.add("columns.target", {}, "is missing");
    }

    std::vector<Problem> problems_in_words(const Task& /*task*/) const override { return {}; }
    std::string in_brief(const Task& /*task*/) const override { return name(); }

    Dataset prepared(const Task& /*task*/, Dataset data, const std::string& file) const override {
        LineProblems problems(file);
        for (const Example& example : data) {
            if (without_extra_spaces(example.target).empty()) problems.add(example.line, "has no target");
        }
        problems.throw_if_any();
        return data;
    }

    EncodedExample encode(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t end_id,
                          std::int64_t bos_id) const override {
        EncodedExample encoded = encode_input(task, tokenizer, example, bos_id);
        encoded.target_ids =
            tokenizer
                .encode(fill(task.target_template, example),
                        {.add_special_tokens = false, .max_length = static_cast<std::size_t>(task.max_target_tokens)})
                .ids;
        if (end_id >= 0) encoded.target_ids.push_back(end_id);
        return encoded;
    }

    Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example,
                 std::size_t room) const override {
        return {filled_tokens(tokenizer, task.text_template, example, room), {}};
    }

    std::string answer(const Task& task, const std::string& words) const override {
        Example example;
        example.target = words;
        return fill(task.target_template, example);
    }
};

} // namespace

const TaskKind& generation_kind();
const TaskKind& generation_kind() {
    static const Generation kind;
    return kind;
}

} // namespace diapason
