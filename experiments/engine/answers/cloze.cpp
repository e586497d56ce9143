// The word that a text lacks: its place among all tokens at the blank, or among the candidates (Petroni et al. 2019).
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/log_softmax.h>

#include <stdexcept>

namespace diapason {
namespace {

class RankReader : public AnswerReader {
public:
    RankReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_data(data),
          m_split(request.split),
          m_members(model.members()) {}

    // Scores of candidates, or logits of all tokens at each blank.
    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items, const PackedBatch* batch) override {
        const at::Tensor scores = mean_of_members(at::log_softmax(outputs, -1), m_members);
        std::vector<std::int64_t> right;
        for (const std::int64_t i : items) {
            const Example example = m_data.split(m_split).examples.at(static_cast<std::size_t>(i));
            right.push_back(batch == nullptr
                                ? example.label_index
                                : answer_tokens(m_data.task(), m_data.tokenizer(), example.target).front());
            m_targets.push_back(example.target);
            m_found.groups.push_back(example.group);
        }
        const at::Tensor own = scores.gather(1, index_tensor(right, scores.device()).unsqueeze(1));
        // Candidates with the same score stand behind the right one.
        const at::Tensor ranks = (at::gt(scores, own).sum(1) + 1).cpu().contiguous();
        const at::Tensor best = scores.argmax(-1).cpu().contiguous();
        for (std::size_t k = 0; k < items.size(); ++k) {
            m_found.ranks.push_back(ranks.const_data_ptr<std::int64_t>()[k]);
            const std::int64_t first = best.const_data_ptr<std::int64_t>()[k];
            m_best.push_back(batch == nullptr ? m_data.task().labels.at(static_cast<std::size_t>(first)).id
                                              : m_data.tokenizer().decode({first}));
        }
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = m_best.at(item);
        prediction.expected = m_targets.at(item);
    }

private:
    TaskData& m_data;
    std::string m_split;
    std::int64_t m_members;
    RankOutcomes m_found;
    std::vector<std::string> m_best, m_targets;
};

class ClozeAnswering : public Answering {
public:
    void label(const TaskData& /*data*/, const EncodedExample& /*part*/, const InsertedTemplate& /*inserted*/,
               Sequence& /*sequence*/) const override {
        throw std::logic_error("a cloze task is asked, not labelled");
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<RankReader>(model, data, request);
    }
};

} // namespace

const Answering& cloze_answering() {
    static const ClozeAnswering answering;
    return answering;
}

} // namespace diapason
