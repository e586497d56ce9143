// A number for each example, by a head with one output.
#include "core/base/error.h"
#include "core/data/field_values.h"
#include "core/data/kinds/kinds.h"

namespace diapason {
namespace {

double number_of(const TaskKind::Answer& answer, const Example& example) {
    Example read;
    const ExampleField& field = *find_example_field("number");
    if (answer.size() != 1 || !set_field(read, field, Json(answer.front())).empty())
        throw input_error("row " + example.id, "has an answer that is not a number");
    return read.number;
}

class Regression : public TaskKind {
public:
    const char* name() const override { return "regression"; }
    const char* title() const override { return "Regression"; }
    std::vector<std::string> needed_fields() const override { return {"text", "number"}; }

    void read(Fields& /*fields*/, Task& /*task*/) const override {}
    std::string in_brief(const Task& /*task*/) const override { return "a number"; }
    Dataset prepared(const Task& task, Dataset data, const std::string& file) const override {
        return sound_examples(task, std::move(data), file, [](const Example& example) -> std::string {
            return std::isfinite(example.number) ? "" : "has no number";
        });
    }

    OutcomeKind outcomes() const override { return OutcomeKind::numbers; }
    std::vector<std::string> default_metrics() const override { return {"pearson", "spearman", "mean_squared_error"}; }
    Answer gold(const Task& /*task*/, const Example& example) const override {
        return {number_to_json(example.number).dump()};
    }
    Outcomes judged(const Task& /*task*/, const Dataset& data, const std::vector<Answer>& answers) const override {
        NumberOutcomes outcomes;
        for (std::size_t i = 0; i < data.size(); ++i) {
            outcomes.predicted.push_back(number_of(answers.at(i), data[i]));
            outcomes.expected.push_back(data[i].number);
        }
        return outcomes;
    }
    std::string head(bool /*in_words*/) const override { return "sequence_classification"; }
    std::int64_t outputs(const Task& /*task*/) const override { return 1; }
    bool written(bool /*in_words*/) const override { return false; }

    EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                       const EncodingEnds& ends) const override {
        EncodedExample encoded = encode_text(task, tokenizer, example, ends.begin);
        encoded.targets = {static_cast<float>(example.number)};
        return {std::move(encoded)};
    }
};

} // namespace

const TaskKind& regression_kind() {
    static const Regression kind;
    return kind;
}

} // namespace diapason
