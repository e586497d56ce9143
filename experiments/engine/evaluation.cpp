#include "experiments/engine/evaluation.h"

#include "core/eval/generate.h"
#include "core/eval/metrics.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace diapason {
namespace {

// Enough rows to keep the matrix products busy, few enough to stay in cache.
constexpr std::int64_t tokens_per_batch = 4096;

// Consecutive items of about tokens_per_batch tokens.
std::vector<std::vector<std::int64_t>> batches_of(TaskData& data, const std::string& split, std::int64_t items) {
    std::vector<std::vector<std::int64_t>> batches;
    std::int64_t tokens = tokens_per_batch;
    for (std::int64_t i = 0; i < items; ++i) {
        const auto length = static_cast<std::int64_t>(data.encoded(split, static_cast<std::size_t>(i)).ids.size());
        if (tokens + length > tokens_per_batch) {
            batches.emplace_back();
            tokens = 0;
        }
        batches.back().push_back(i);
        tokens += length;
    }
    return batches;
}

struct Collected {
    double loss_sum = 0;
    std::int64_t loss_count = 0;
    std::vector<std::int64_t> predicted, expected;
    std::vector<std::string> hypotheses, references;
};

void classify(const at::Tensor& logits, TaskData& data, const std::string& split,
              const std::vector<std::int64_t>& items, Collected& out) {
    const at::Tensor best = logits.argmax(-1).cpu();
    for (std::size_t k = 0; k < items.size(); ++k) {
        out.predicted.push_back(best.const_data_ptr<std::int64_t>()[k]);
        out.expected.push_back(data.split(split).examples[static_cast<std::size_t>(items[k])].label_index);
    }
}

void generate(Model& model, TaskData& data, const std::string& split, const std::vector<std::int64_t>& items,
              Collected& out) {
    std::vector<std::vector<std::int64_t>> prompts;
    for (const std::int64_t item : items)
        prompts.push_back(data.encoded(split, static_cast<std::size_t>(item)).ids);
    GenerateOptions options;
    options.max_new_tokens = data.task().max_target_tokens;
    options.end_ids = {data.ends().end};
    options.decoder_start_id = data.ends().decoder_start;
    for (Generated& written : diapason::generate(model, prompts, options)) {
        if (!written.tokens.empty() && written.tokens.back() == data.ends().end) written.tokens.pop_back();
        std::string text = data.tokenizer().decode(written.tokens);
        text.erase(0, text.find_first_not_of(' '));
        out.hypotheses.push_back(std::move(text));
    }
    for (const std::int64_t item : items)
        out.references.push_back(data.split(split).examples[static_cast<std::size_t>(item)].target);
}

} // namespace

Evaluation evaluate(Model& model, TaskData& data, const EvaluationRequest& request, FeatureCache* features) {
    const c10::NoGradGuard guard;
    const Task& task = data.task();
    const bool generation = task.kind == TaskKind::generation;
    const auto& examples = data.split(request.split).examples;
    auto items = static_cast<std::int64_t>(examples.size());
    if (request.max_items > 0) items = std::min(items, request.max_items);
    Collected collected;
    for (const auto& batch_items : batches_of(data, request.split, items)) {
        if (request.stop && request.stop()) return {};
        std::vector<Sequence> sequences;
        for (const std::int64_t item : batch_items)
            sequences.push_back(data.training_sequence(request.split, static_cast<std::size_t>(item)));
        const PackedBatch batch = PackedBatch::pack(sequences, model.device());
        const at::Tensor rows =
            features != nullptr ? features->rows(request.split, batch_items) : model.read(batch, {});
        const at::Tensor logits = model.logits_of(rows, {});
        const LossTerms terms = model.loss(logits, batch);
        collected.loss_sum += terms.sum.item<double>();
        collected.loss_count += terms.count;
        if (!request.metrics) continue;
        if (generation)
            generate(model, data, request.split, batch_items, collected);
        else
            classify(logits, data, request.split, batch_items, collected);
    }
    Evaluation result;
    result.loss =
        collected.loss_count == 0 ? std::nan("") : collected.loss_sum / static_cast<double>(collected.loss_count);
    if (!request.metrics) return result;
    for (const std::string& name : task.metrics) {
        const auto value = generation
                               ? text_metric(name, collected.hypotheses, collected.references)
                               : classification_metric(name, collected.predicted, collected.expected, task.classes());
        if (value) result.metrics[name] = *value;
    }
    if (!request.predictions) return result;
    for (std::int64_t i = 0; i < items; ++i) {
        const auto k = static_cast<std::size_t>(i);
        Prediction prediction;
        prediction.item = examples[k].id;
        if (generation) {
            prediction.predicted = collected.hypotheses[k];
            prediction.expected = collected.references[k];
            prediction.score = item_score(task.primary_metric, prediction.predicted, prediction.expected);
        } else {
            prediction.predicted = task.labels[static_cast<std::size_t>(collected.predicted[k])].id;
            prediction.expected = examples[k].label;
            prediction.score = prediction.predicted == prediction.expected ? 1 : 0;
        }
        result.predictions.push_back(std::move(prediction));
    }
    return result;
}

} // namespace diapason
