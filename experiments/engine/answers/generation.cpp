// Texts: learned token by token behind the input or in a decoder, and written by decoding.
#include "core/data/example_texts.h"
#include "core/eval/generate.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

namespace diapason {
namespace {

class TextReader : public AnswerReader {
public:
    TextReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_model(model),
          m_data(data),
          m_request(request) {}

    // The logits have served the loss; the text is written anew, from the question alone.
    void read(const at::Tensor& /*outputs*/, const std::vector<std::int64_t>& items,
              const PackedBatch* /*batch*/) override {
        std::vector<std::vector<std::int64_t>> prompts;
        for (const std::int64_t i : items) {
            const auto item = static_cast<std::size_t>(i);
            prompts.push_back(m_request.asking != nullptr
                                  ? m_request.asking->prompt(m_request.split, item)
                                  : m_data.input_sequence(m_request.split, item, m_model.prompt_template()).ids);
        }
        GenerateOptions options;
        options.max_new_tokens = m_data.task().max_target_tokens;
        options.end_ids = {m_data.ends().end};
        options.decoder_start_id = m_data.ends().decoder_start;
        for (Generated& written : generate(m_model, prompts, options)) {
            if (!written.tokens.empty() && written.tokens.back() == m_data.ends().end) written.tokens.pop_back();
            std::string text = m_data.tokenizer().decode(written.tokens);
            text.erase(0, text.find_first_not_of(' '));
            m_found.hypotheses.push_back(std::move(text));
        }
        for (const std::int64_t item : items)
            m_found.references.push_back(
                right_texts(m_data.split(m_request.split).examples.at(static_cast<std::size_t>(item))));
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = m_found.hypotheses.at(item);
        prediction.expected = m_found.references.at(item).front();
    }

private:
    Model& m_model;
    TaskData& m_data;
    const EvaluationRequest& m_request;
    TextOutcomes m_found;
};

class GenerationAnswering : public Answering {
public:
    void label(const TaskData& data, const EncodedExample& part, const InsertedTemplate& /*inserted*/,
               Sequence& sequence) const override {
        // Without a text and without a token that ends one, a row stays that has nothing to predict.
        std::vector<std::int64_t> target = part.target_ids;
        if (target.empty()) target = {-100};
        if (data.ends().decoder_start >= 0) {
            // Decoder inputs are the target moved one to the right.
            sequence.target_ids = {data.ends().decoder_start};
            sequence.target_ids.insert(sequence.target_ids.end(), target.begin(), target.end() - 1);
            sequence.labels = std::move(target);
            return;
        }
        // The last input row predicts the first target token; the last target token is only predicted.
        sequence.labels.assign(sequence.ids.size() - 1, -100);
        sequence.labels.insert(sequence.labels.end(), target.begin(), target.end());
        sequence.ids.insert(sequence.ids.end(), target.begin(), target.end() - 1);
        sequence.type_ids.assign(sequence.ids.size(), 0);
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        return std::make_unique<TextReader>(model, data, request);
    }
};

} // namespace

const Answering& generation_answering() {
    static const GenerationAnswering answering;
    return answering;
}

} // namespace diapason
