// Any number of the labels for each example, by a head with a binary decision for every label.
#include "core/base/words.h"
#include "core/data/kinds/kinds.h"

#include <algorithm>

namespace diapason {
namespace {

class MultiLabel : public TaskKind {
public:
    const char* name() const override { return "multi_label"; }
    const char* title() const override { return "Several labels"; }
    std::vector<std::string> needed_fields() const override { return {"text", "labels"}; }

    void read(Fields& fields, Task& task) const override {
        read_labels(fields, task, "a multi_label task");
        if (task.labels.empty()) fields.add("labels", {}, "at least one label is needed");
    }
    void adopt(Task& task, const Dataset& data, const std::string& file) const override {
        adopt_labels(
            task, data, file, [](const Example& example) { return example.labels; }, 1);
    }
    std::string in_brief(const Task& task) const override {
        return "any of " + std::to_string(task.labels.size()) + " labels";
    }

    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        const std::map<std::string, int> places = label_places(task);
        return sound_examples(
            task, std::move(data), file,
            [&](const Example& example) -> std::string {
                for (auto label = example.labels.begin(); label != example.labels.end(); ++label) {
                    if (places.count(*label) == 0)
                        return "has the label \"" + *label + "\", which the task does not name";
                    if (std::count(label + 1, example.labels.end(), *label) > 0)
                        return "has the label \"" + *label + "\" twice";
                }
                return {};
            },
            "The labels of the task " + task.id + " are " + joined_by(task.labels, &TaskLabel::id));
    }

    OutcomeKind outcomes() const override { return OutcomeKind::sets; }
    std::vector<std::string> default_metrics() const override { return {"set_micro_f1", "set_macro_f1", "set_match"}; }
    Answer gold(const Task& /*task*/, const Example& example) const override { return example.labels; }
    Outcomes judged(const Task& task, const Dataset& data, const std::vector<Answer>& answers) const override {
        const std::map<std::string, int> places = label_places(task);
        const auto numbers = [&](const Answer& labels) {
            std::vector<std::int64_t> list;
            for (const std::string& label : labels)
                if (const auto found = places.find(label); found != places.end()) list.push_back(found->second);
            return list;
        };
        SetOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            outcomes.predicted.push_back(numbers(answers.at(i)));
            outcomes.expected.push_back(numbers(data[i].labels));
            outcomes.choices.push_back(task.classes());
        }
        return outcomes;
    }
    std::string head(bool /*in_words*/) const override { return "sequence_classification"; }
    bool written(bool /*in_words*/) const override { return false; }

    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& ends) const override {
        EncodedExample encoded = encode_text(task, tokenizer, example, ends.begin);
        for (const TaskLabel& label : task.labels)
            encoded.targets.push_back(std::count(example.labels.begin(), example.labels.end(), label.id) > 0 ? 1.0F
                                                                                                             : 0.0F);
        return {std::move(encoded)};
    }
};

} // namespace

const TaskKind& multi_label_kind() {
    static const MultiLabel kind;
    return kind;
}

} // namespace diapason
