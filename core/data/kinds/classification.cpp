// One class of several for each example, by a head or in words.
#include "core/base/words.h"
#include "core/data/kinds/kinds.h"

#include <memory>

namespace diapason {
namespace {

class Classification : public TaskKind {
public:
    const char* name() const override { return "classification"; }
    const char* title() const override { return "Classification"; }
    std::vector<std::string> needed_fields() const override { return {"text", "label"}; }

    void read(Fields& fields, Task& task) const override {
        read_labels(fields, task, "a classification task");
        if (task.labels.size() < 2) fields.add("labels", {}, "at least two labels are needed");
    }
    void adopt(Task& task, const Dataset& data, const std::string& file) const override {
        adopt_labels(
            task, data, file, [](const Example& example) { return std::vector<std::string>{example.label}; }, 2);
    }
    std::string in_brief(const Task& task) const override { return std::to_string(task.labels.size()) + " labels"; }

    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        const auto places = std::make_shared<const std::map<std::string, int>>(label_places(task));
        data = sound_examples(
            task, std::move(data), file,
            [&](const Example& example) -> std::string {
                if (example.label.empty()) return "has no label";
                if (places->count(example.label) != 0) return {};
                return "has the label \"" + example.label + "\", which the task does not name";
            },
            "The labels of the task " + task.id + " are " + joined_by(task.labels, &TaskLabel::id));
        return mapped(std::move(data), [places](Example example) {
            example.label_index = places->at(example.label);
            return example;
        });
    }

    OutcomeKind outcomes() const override { return OutcomeKind::classes; }
    std::vector<std::string> default_metrics() const override { return {"accuracy", "macro_f1"}; }
    Answer gold(const Task& /*task*/, const Example& example) const override { return {example.label}; }
    // What is no class of the task has a number that no class has.
    Outcomes judged(const Task& task, const Dataset& data, const std::vector<Answer>& answers) const override {
        const std::map<std::string, int> places = label_places(task);
        ClassOutcomes outcomes;
        outcomes.classes = task.classes();
        for (std::size_t i = 0; i < data.size(); ++i) {
            const auto found = answers.at(i).empty() ? places.end() : places.find(answers[i].front());
            outcomes.predicted.push_back(found == places.end() ? -1 : found->second);
            outcomes.expected.push_back(data[i].label_index);
        }
        return outcomes;
    }
    std::string head(bool in_words) const override { return in_words ? "" : "sequence_classification"; }
    bool written(bool /*in_words*/) const override { return false; }
    std::vector<Problem> problems_in_words(const Task& task) const override { return problems_of_label_words(task); }

    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& ends) const override {
        EncodedExample encoded = encode_text(task, tokenizer, example, ends.begin);
        encoded.label_index = example.label_index;
        return {std::move(encoded)};
    }
};

} // namespace

const TaskKind& classification_kind() {
    static const Classification kind;
    return kind;
}

} // namespace diapason
