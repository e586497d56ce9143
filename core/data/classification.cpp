// One class of several for each example, by a head or in words.
#include "core/base/error.h"
#include "core/base/remedy.h"
#include "core/base/words.h"
#include "core/data/filling.h"
#include "core/data/lines.h"
#include "core/data/task.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace diapason {
namespace {

constexpr std::size_t max_labels = 10'000;
constexpr std::size_t max_label_bytes = 1000; // of an id, and of its words

TaskLabel label_of(const Json& entry, const FieldPath& field, std::vector<Problem>& problems) {
    TaskLabel label;
    if (entry.is_string()) {
        label.id = label.words = entry.get<std::string>();
    } else {
        Fields fields(entry, field, problems);
        label.id = fields.text("id", "");
        label.words = fields.text("words", label.id);
    }
    return label;
}

// The question in front of {answer} and behind it. A space in front belongs to the answer: tokenizers join it to words.
std::pair<std::string, std::string> around_answer(const Task& task) {
    const auto at = task.question.find("{answer}");
    std::string before = task.question.substr(0, at);
    if (before.ends_with(' ')) before.pop_back();
    return {before, task.question.substr(at + 8)};
}

class Classification : public TaskKind {
public:
    const char* name() const override { return "classification"; }
    OutcomeKind outcomes() const override { return OutcomeKind::classes; }
    std::vector<std::string> default_metrics() const override { return {"accuracy", "macro_f1"}; }
    bool written() const override { return false; }
    std::string head(bool in_words) const override { return in_words ? "" : "sequence_classification"; }

    std::string refusal(const BackboneAbilities& backbone, bool in_words) const override {
        const std::string wanted = head(in_words);
        if (wanted.empty() || std::count(backbone.heads.begin(), backbone.heads.end(), wanted) > 0) return {};
        return backbone.family + " backbones have no classification head (answers in words do not need one)";
    }

    void read(Fields& fields, Task& task) const override {
        std::set<std::string> seen;
        std::size_t index = 0;
        const Json& list = fields.list("labels");
        if (list.size() > max_labels)
            return fields.add("labels", std::to_string(list.size()) + " labels",
                              "a classification task may have at most " + std::to_string(max_labels) + " labels");
        for (const Json& entry : list) {
            const std::string field = "labels[" + std::to_string(index++) + "]";
            const TaskLabel label = label_of(entry, fields.address(field), fields.problems());
            if (label.id.empty())
                fields.add(field, in_one_line(entry.dump(), 200), "a label needs an id");
            else if (label.id.size() > max_label_bytes || label.words.size() > max_label_bytes)
                fields.add(field, in_one_line(label.id, 60),
                           "the id and the words of a label may have at most " + std::to_string(max_label_bytes) +
                               " bytes");
            else if (!seen.insert(label.id).second)
                fields.add(field, label.id, "this label appears twice");
            else
                task.labels.push_back(label);
        }
        if (task.labels.size() < 2) fields.add("labels", {}, "at least two labels are needed");
        if (task.columns.count("label") == 0) fields.add("columns.label", {}, "is missing");
    }

    std::vector<Problem> problems_in_words(const Task& task) const override {
        std::vector<Problem> problems;
        std::map<std::string, std::string> owner; // words → label
        for (const TaskLabel& label : task.labels) {
            const std::string words = without_extra_spaces(label.words);
            const std::string field = "labels." + label.id + ".words";
            const auto [known, fresh] = owner.emplace(words, label.id);
            if (words.empty())
                problems.push_back({field, "\"" + label.words + "\"", "answers in words need words for every label",
                                    "Give the label words in the task file, or answer by a head"});
            else if (!fresh)
                problems.push_back(
                    {field, "\"" + label.words + "\"",
                     "the label " + known->second + " has the same words: no answer could tell them apart",
                     "Give each label its own words in the task file, or answer by a head"});
        }
        return problems;
    }

    std::string in_brief(const Task& task) const override { return std::to_string(task.labels.size()) + " labels"; }

    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        auto index = std::make_shared<std::map<std::string, int>>();
        for (const TaskLabel& label : task.labels)
            index->emplace(label.id, static_cast<int>(index->size()));
        LineProblems problems(file);
        for (const Example& example : data) {
            if (example.label.empty())
                problems.add(example.line, "has no label");
            else if (index->count(example.label) == 0)
                problems.add(example.line, "has the label \"" + example.label + "\", which the task does not name");
        }
        problems.advise("The labels of the task " + task.id + " are " + joined_by(task.labels, &TaskLabel::id));
        problems.throw_if_any();
        return mapped(std::move(data), [index](Example example) {
            example.label_index = index->at(example.label);
            return example;
        });
    }

    EncodedExample encode(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t /*end_id*/,
                          std::int64_t bos_id) const override {
        if (task.text_template != "{text}") return encode_input(task, tokenizer, example, bos_id);
        const auto room = static_cast<std::size_t>(task.max_tokens);
        const bool paired = task.columns.count("pair") != 0;
        Encoding encoding = paired ? tokenizer.encode_pair(example.text, example.pair, {.max_length = room})
                                   : tokenizer.encode(example.text, {.max_length = room});
        EncodedExample encoded;
        encoded.ids = std::move(encoding.ids);
        encoded.type_ids = std::move(encoding.type_ids);
        encoded.label_index = example.label_index;
        return encoded;
    }

    Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example,
                 std::size_t room) const override {
        const auto [before, behind] = around_answer(task);
        return {filled_tokens(tokenizer, before, example, room),
                tokenizer.encode(fill(behind, example), {.add_special_tokens = false}).ids};
    }

    std::string answer(const Task& task, const std::string& words) const override {
        const bool spaced = task.question[task.question.find("{answer}") - 1] == ' ';
        return (spaced ? " " : "") + words;
    }
};

} // namespace

const TaskKind& classification_kind();
const TaskKind& classification_kind() {
    static const Classification kind;
    return kind;
}

} // namespace diapason
