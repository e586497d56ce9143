// One of an item's own options: the one with the best output among its sequences, or the best score of its words.
#include "core/eval/vote.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

#include <ATen/ops/log_softmax.h>

#include <algorithm>

namespace diapason {
namespace {

class OptionReader : public AnswerReader {
public:
    OptionReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_examples(data.split(request.split).examples),
          m_members(model.members()),
          m_by_mean(request.by_mean) {}

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items, const PackedBatch* batch) override {
        const at::Tensor scores = batch != nullptr ? by_item(outputs, *batch) : outputs;
        at::Tensor best = scores.argmax(-1);
        if (m_members > 1) {
            const EnsembleVote vote = vote_of(scores.view({m_members, -1, scores.size(1)}));
            best = m_by_mean ? vote.mean_pred : vote.vote;
        }
        best = best.cpu().contiguous();
        const at::Tensor known =
            mean_of_members(at::log_softmax(scores, -1), m_members).to(at::kCPU, at::kFloat).contiguous();
        for (std::size_t k = 0; k < items.size(); ++k) {
            const Example example = m_examples.at(static_cast<std::size_t>(items[k]));
            m_scores.push_back(rounded(known.const_data_ptr<float>() + static_cast<std::int64_t>(k) * known.size(1),
                                       std::ssize(example.options)));
            m_found.predicted.push_back(best.const_data_ptr<std::int64_t>()[k]);
            m_found.expected.push_back(example.label_index);
            m_found.classes = std::max(m_found.classes, std::ssize(example.options));
            m_options.push_back(example.options);
        }
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        const std::vector<std::string>& options = m_options.at(item);
        prediction.predicted = options.at(static_cast<std::size_t>(m_found.predicted.at(item)));
        prediction.expected = options.at(static_cast<std::size_t>(m_found.expected.at(item)));
        prediction.detail["scores"] = m_scores.at(item);
    }

private:
    Dataset m_examples;
    std::int64_t m_members;
    bool m_by_mean;
    ClassOutcomes m_found;
    std::vector<std::vector<std::string>> m_options;
    std::vector<Json> m_scores; ///< log p of the options, of each item
};

class MultipleChoiceAnswering : public Answering {
public:
    LabelForm label_form() const override { return LabelForm::choice; }
    void label(const TaskData& /*data*/, const EncodedExample& part, const InsertedTemplate& /*inserted*/,
               Sequence& sequence) const override {
        sequence.label = part.label_index;
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<OptionReader>(model, data, request);
    }
};

} // namespace

const Answering& multiple_choice_answering() {
    static const MultipleChoiceAnswering answering;
    return answering;
}

} // namespace diapason
