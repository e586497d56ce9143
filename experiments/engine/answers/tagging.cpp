// A tag for each word: the best output at its first token. A word without a token (cut off) has the tag O.
#include "core/data/example_texts.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

namespace diapason {
namespace {

class TagReader : public AnswerReader {
public:
    TagReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_data(data),
          m_split(request.split),
          m_members(model.members()) {}

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items,
              const PackedBatch* /*batch*/) override {
        const at::Tensor best = mean_of_members(outputs, m_members).argmax(-1).cpu().contiguous();
        const std::int64_t* tag = best.const_data_ptr<std::int64_t>();
        for (const std::int64_t i : items) {
            const auto item = static_cast<std::size_t>(i);
            Example example = m_data.split(m_split).examples.at(item);
            std::vector<std::string> predicted(example.words.size(), "O");
            for (const std::size_t word : m_data.encoded(m_split, item).front().labelled_words)
                predicted[word] = m_data.task().labels[static_cast<std::size_t>(*tag++)].id;
            m_found.predicted.push_back(std::move(predicted));
            m_found.expected.push_back(std::move(example.tags));
        }
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = spaced(m_found.predicted.at(item));
        prediction.expected = spaced(m_found.expected.at(item));
    }

private:
    TaskData& m_data;
    std::string m_split;
    std::int64_t m_members;
    TagOutcomes m_found;
};

class TaggingAnswering : public Answering {
public:
    void label(const TaskData& /*data*/, const EncodedExample& part, const InsertedTemplate& inserted,
               Sequence& sequence) const override {
        sequence.labels.assign(sequence.ids.size(), -100);
        for (std::size_t i = 0; i < part.token_labels.size(); ++i)
            sequence.labels[inserted.moved(i)] = part.token_labels[i];
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<TagReader>(model, data, request);
    }
};

} // namespace

const Answering& tagging_answering() {
    static const TaggingAnswering answering;
    return answering;
}

} // namespace diapason
