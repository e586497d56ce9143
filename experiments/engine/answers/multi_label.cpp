// Any number of labels: those whose output is above 0, that is, whose probability is above one half.
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

namespace diapason {
namespace {

class SetReader : public AnswerReader {
public:
    SetReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_task(data.task()),
          m_examples(data.split(request.split).examples),
          m_members(model.members()) {}

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items,
              const PackedBatch* /*batch*/) override {
        const at::Tensor scores = mean_of_members(outputs, m_members).to(at::kCPU, at::kFloat).contiguous();
        const float* score = scores.const_data_ptr<float>();
        for (const std::int64_t item : items) {
            const Example example = m_examples.at(static_cast<std::size_t>(item));
            std::vector<std::int64_t> predicted, expected;
            for (std::int64_t label = 0; label < m_task.classes(); ++label) {
                if (*score++ > 0) predicted.push_back(label);
                const std::string& id = m_task.labels[static_cast<std::size_t>(label)].id;
                if (std::find(example.labels.begin(), example.labels.end(), id) != example.labels.end())
                    expected.push_back(label);
            }
            m_found.predicted.push_back(std::move(predicted));
            m_found.expected.push_back(std::move(expected));
            m_found.choices.push_back(m_task.classes());
        }
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = names_of(m_found.predicted.at(item));
        prediction.expected = names_of(m_found.expected.at(item));
    }

private:
    std::string names_of(const std::vector<std::int64_t>& labels) const {
        std::string names;
        for (const std::int64_t label : labels)
            names += (names.empty() ? "" : " | ") + m_task.labels[static_cast<std::size_t>(label)].id;
        return names;
    }

    const Task& m_task;
    Dataset m_examples;
    std::int64_t m_members;
    SetOutcomes m_found;
};

class MultiLabelAnswering : public Answering {
public:
    LabelForm label_form() const override { return LabelForm::several; }
    void label(const TaskData& /*data*/, const EncodedExample& part, const InsertedTemplate& /*inserted*/,
               Sequence& sequence) const override {
        sequence.targets = part.targets;
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<SetReader>(model, data, request);
    }
};

} // namespace

const Answering& multi_label_answering() {
    static const MultiLabelAnswering answering;
    return answering;
}

} // namespace diapason
