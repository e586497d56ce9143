// A number: the only output of a head.
#include "core/base/json.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

namespace diapason {
namespace {

class NumberReader : public AnswerReader {
public:
    NumberReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_examples(data.split(request.split).examples),
          m_members(model.members()) {}

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items,
              const PackedBatch* /*batch*/) override {
        const at::Tensor numbers = mean_of_members(outputs, m_members).to(at::kCPU, at::kFloat).contiguous();
        const float* number = numbers.const_data_ptr<float>();
        for (const std::int64_t item : items) {
            m_found.predicted.push_back(*number++);
            m_found.expected.push_back(m_examples.at(static_cast<std::size_t>(item)).number);
        }
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = number_to_json(m_found.predicted.at(item)).dump();
        prediction.expected = number_to_json(m_found.expected.at(item)).dump();
    }

private:
    Dataset m_examples;
    std::int64_t m_members;
    NumberOutcomes m_found;
};

class RegressionAnswering : public Answering {
public:
    LabelForm label_form() const override { return LabelForm::numbers; }
    void label(const TaskData& /*data*/, const EncodedExample& part, const InsertedTemplate& /*inserted*/,
               Sequence& sequence) const override {
        sequence.targets = part.targets;
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<NumberReader>(model, data, request);
    }
};

} // namespace

const Answering& regression_answering() {
    static const RegressionAnswering answering;
    return answering;
}

} // namespace diapason
