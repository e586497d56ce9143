// Classes: the best logit of a head, or the best score among the labels' words; of an ensemble, its vote.
#include "core/eval/vote.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

#include <ATen/ops/log_softmax.h>

#include <cmath>

namespace diapason {
namespace {

class ClassReader : public AnswerReader {
public:
    ClassReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_task(data.task()),
          m_examples(data.split(request.split).examples),
          m_members(model.members()),
          m_by_mean(request.by_mean) {
        m_found.classes = m_task.classes();
    }

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items,
              const PackedBatch* /*batch*/) override {
        at::Tensor best = outputs.argmax(-1).cpu();
        if (m_members > 1) {
            const EnsembleVote vote = vote_of(outputs.view({m_members, -1, outputs.size(1)}));
            best = (m_by_mean ? vote.mean_pred : vote.vote).cpu();
            const at::Tensor single = vote.member_pred.cpu().contiguous();
            const std::int64_t* of = single.const_data_ptr<std::int64_t>();
            m_by_member.resize(static_cast<std::size_t>(m_members));
            for (auto& member : m_by_member) {
                member.insert(member.end(), of, of + items.size());
                of += items.size();
            }
        }
        const at::Tensor scores =
            mean_of_members(at::log_softmax(outputs, -1), m_members).to(at::kCPU, at::kFloat).contiguous();
        for (std::size_t k = 0; k < items.size(); ++k) {
            m_scores.push_back(rounded(scores.const_data_ptr<float>() + static_cast<std::int64_t>(k) * m_found.classes,
                                       m_found.classes));
            m_found.predicted.push_back(best.const_data_ptr<std::int64_t>()[k]);
            m_found.expected.push_back(m_examples.at(static_cast<std::size_t>(items[k])).label_index);
        }
    }

    Outcomes outcomes() const override { return m_found; }

    // What the members of an ensemble reach alone, in the primary metric.
    void add_values(std::map<std::string, double>& values) const override {
        if (m_by_member.empty()) return;
        const MetricInfo& primary = metric_info(m_task.primary_metric);
        double sum = 0, best = std::nan("");
        for (const auto& predicted : m_by_member) {
            const auto value = score(primary, ClassOutcomes{predicted, m_found.expected, m_found.classes});
            if (!value) return;
            sum += *value;
            if (better(primary, *value, best)) best = *value;
        }
        values[measure::mean_of_members(primary.name)] = sum / static_cast<double>(m_by_member.size());
        values[measure::best_member(primary.name)] = best;
    }

    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = m_task.labels.at(static_cast<std::size_t>(m_found.predicted.at(item))).id;
        prediction.expected = m_task.labels.at(static_cast<std::size_t>(m_found.expected.at(item))).id;
        prediction.detail["scores"] = m_scores.at(item);
    }

private:
    const Task& m_task;
    Dataset m_examples;
    std::int64_t m_members;
    bool m_by_mean;
    ClassOutcomes m_found;
    std::vector<Json> m_scores;                         ///< log p of the classes, of each item
    std::vector<std::vector<std::int64_t>> m_by_member; ///< predicted, of an ensemble
};

class ClassificationAnswering : public Answering {
public:
    void label(const TaskData& /*data*/, const EncodedExample& part, const InsertedTemplate& /*inserted*/,
               Sequence& sequence) const override {
        sequence.label = part.label_index;
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<ClassReader>(model, data, request);
    }
};

} // namespace

const Answering& classification_answering() {
    static const ClassificationAnswering answering;
    return answering;
}

} // namespace diapason
