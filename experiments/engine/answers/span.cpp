// A part of the text: the best pair of a first and a last token over all windows, or none (Devlin et al. 2019, §4.2
// and 4.3); in words a written text.
#include "core/data/example_texts.h"
#include "core/text/unicode.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/evaluation.h"

#include <algorithm>
#include <limits>

namespace diapason {
namespace {

struct Found {
    double score = -std::numeric_limits<double>::infinity(); ///< of its first and last token together
    Span place;                                              ///< code points of the text
};

// The best part of one window. @param outputs [tokens, 2] of its ids, moved by a template
Found best_part(const EncodedExample& window, const InsertedTemplate& inserted, const float* outputs,
                std::size_t longest) {
    Found best;
    for (std::size_t begin = 0; begin < window.offsets.size(); ++begin) {
        if (window.offsets[begin].empty()) continue;
        const std::size_t behind = std::min(begin + longest, window.offsets.size());
        for (std::size_t end = begin; end < behind && !window.offsets[end].empty(); ++end) {
            const double score = outputs[2 * inserted.moved(begin)] + outputs[2 * inserted.moved(end) + 1];
            if (score > best.score) best = {score, {window.offsets[begin].begin, window.offsets[end].end}};
        }
    }
    return best;
}

class SpanReader : public AnswerReader {
public:
    SpanReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_model(model),
          m_data(data),
          m_split(request.split) {}

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items, const PackedBatch* batch) override {
        const at::Tensor rows = mean_of_members(outputs, m_model.members()).to(at::kCPU, at::kFloat).contiguous();
        const bool may_lack = m_data.task().settings.flag("no_answer");
        const auto longest = static_cast<std::size_t>(m_data.task().settings.integer("longest_answer"));
        std::size_t sequence = 0;
        for (const std::int64_t i : items) {
            const auto item = static_cast<std::size_t>(i);
            const Example example = m_data.split(m_split).examples.at(item);
            Found best;
            double none = std::numeric_limits<double>::infinity();
            for (const EncodedExample& window : m_data.encoded(m_split, item)) {
                const float* own = rows.const_data_ptr<float>() + 2 * batch->offsets.at(sequence++);
                const InsertedTemplate inserted = m_data.inserted(window, m_model.prompt_template());
                const Found part = best_part(window, inserted, own, longest);
                if (part.score > best.score) best = part;
                const std::size_t nothing = inserted.moved(0);
                none = std::min<double>(none, own[2 * nothing] + own[2 * nothing + 1]);
            }
            if (may_lack && none >= best.score) best.place = {};
            const std::u32string text = decode_utf8(example.text);
            m_found.hypotheses.push_back(
                encode_utf8(std::u32string_view(text).substr(best.place.begin, best.place.size())));
            m_found.references.push_back(right_answers(example));
            m_places.push_back(best.place);
        }
    }

    Outcomes outcomes() const override { return m_found; }
    void describe(Prediction& prediction, std::size_t item) const override {
        prediction.predicted = m_found.hypotheses.at(item);
        prediction.expected = m_found.references.at(item).front();
        const Span place = m_places.at(item);
        if (!place.empty()) prediction.detail = {{"begin", place.begin}, {"end", place.end}};
    }

private:
    Model& m_model;
    TaskData& m_data;
    std::string m_split;
    TextOutcomes m_found;
    std::vector<Span> m_places; ///< of the answers; empty = none
};

// What is written, judged as parts of the text are: the words for no answer are an empty one.
class WrittenSpanReader : public AnswerReader {
public:
    WrittenSpanReader(Model& model, TaskData& data, const EvaluationRequest& request)
        : m_written(generation_answering().reader(model, data, request)),
          m_examples(data.split(request.split).examples),
          m_none(data.task().settings.text("no_answer_words")) {}

    void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items, const PackedBatch* batch) override {
        m_written->read(outputs, items, batch);
        m_items.insert(m_items.end(), items.begin(), items.end());
    }
    Outcomes outcomes() const override {
        TextOutcomes found = std::get<TextOutcomes>(m_written->outcomes());
        for (std::string& text : found.hypotheses)
            if (text == m_none) text.clear();
        for (std::size_t i = 0; i < m_items.size(); ++i)
            found.references[i] = right_answers(m_examples.at(static_cast<std::size_t>(m_items[i])));
        return found;
    }
    void describe(Prediction& prediction, std::size_t item) const override { m_written->describe(prediction, item); }

private:
    std::unique_ptr<AnswerReader> m_written;
    Dataset m_examples;
    std::string m_none;
    std::vector<std::int64_t> m_items;
};

class SpanAnswering : public Answering {
public:
    void label(const TaskData& /*data*/, const EncodedExample& part, const InsertedTemplate& inserted,
               Sequence& sequence) const override {
        sequence.span_begin = static_cast<std::int64_t>(inserted.moved(static_cast<std::size_t>(part.span_begin)));
        sequence.span_end = static_cast<std::int64_t>(inserted.moved(static_cast<std::size_t>(part.span_end)));
    }
    std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                         const EvaluationRequest& request) const override {
        if (request.asking != nullptr) return std::make_unique<WrittenSpanReader>(model, data, request);
        return std::make_unique<SpanReader>(model, data, request);
    }
};

} // namespace

const Answering& span_answering() {
    static const SpanAnswering answering;
    return answering;
}

} // namespace diapason
