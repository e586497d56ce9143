#include "experiments/engine/evaluation.h"

#include "core/data/metrics.h"
#include "experiments/engine/answering.h"
#include "experiments/engine/batches.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace diapason {
namespace {

constexpr std::size_t widest_statistics = 64;

// Consecutive items of the split in batches.
std::vector<std::vector<std::int64_t>> batches_of(TaskData& data, const EvaluationRequest& request,
                                                  std::int64_t items) {
    const auto bounds = consecutive_batches(items, items, [&](std::int64_t i) {
        const auto item = static_cast<std::size_t>(i);
        return request.asking != nullptr ? request.asking->length(request.split, item)
                                         : data.tokens(request.split, item);
    });
    std::vector<std::vector<std::int64_t>> batches;
    for (std::size_t b = 0; b + 1 < bounds.size(); ++b) {
        batches.emplace_back(static_cast<std::size_t>(bounds[b + 1] - bounds[b]));
        std::iota(batches.back().begin(), batches.back().end(), bounds[b]);
    }
    return batches;
}

} // namespace

Evaluation evaluate(Model& model, TaskData& data, const EvaluationRequest& request) {
    const c10::NoGradGuard guard;
    const Task& task = data.task();
    const Dataset examples = data.split(request.split).examples;
    auto items = static_cast<std::int64_t>(examples.size());
    if (request.max_items > 0) items = std::min(items, request.max_items);
    const std::unique_ptr<AnswerReader> answers = answering_of(*task.kind).reader(model, data, request);
    double loss_sum = 0;
    std::int64_t loss_count = 0;
    for (const auto& batch_items : batches_of(data, request, items)) {
        if (request.stop && request.stop()) return {};
        if (request.asking != nullptr && request.asking->chooses()) {
            const Asking::Answers asked = request.asking->answers(request.split, batch_items, request.stop);
            if (!asked.scores.defined()) return {};
            loss_sum += asked.loss_sum;
            loss_count += asked.loss_count;
            answers->read(asked.scores, batch_items, nullptr);
            continue;
        }
        std::vector<Sequence> sequences;
        for (const std::int64_t i : batch_items) {
            const auto item = static_cast<std::size_t>(i);
            if (request.asking != nullptr)
                sequences.push_back(request.asking->training_sequence(request.split, item));
            else
                data.add_training_sequences(request.split, item, model.prompt_template(), sequences);
        }
        const PackedBatch batch = model.pack(sequences);
        const at::Tensor rows = request.frozen != nullptr ? request.frozen->read(request.split, batch_items, batch, {})
                                                          : model.read(batch, {});
        const at::Tensor logits = model.logits_of(rows, {});
        const LossTerms terms = model.loss(logits, batch);
        loss_sum += terms.sum.item<double>();
        loss_count += terms.count;
        if (request.metrics) answers->read(logits, batch_items, &batch);
    }
    Evaluation result;
    result.loss = loss_count == 0 ? std::nan("") : loss_sum / static_cast<double>(loss_count);
    if (!request.metrics) return result;
    const Outcomes outcomes = answers->outcomes();
    for (const std::string& name : task.metrics) {
        const MetricInfo& metric = metric_info(name);
        const auto scorer = scorer_of(metric, outcomes, task.kind->metric_options(metric, task));
        if (const auto value = scorer->score().value) result.metrics[name] = *value;
    }
    answers->add_values(result.metrics);
    if (!request.predictions) return result;
    const MetricInfo& judge = metric_info(task.primary_metric);
    const std::unique_ptr<Scorer> primary = scorer_of(judge, outcomes, task.kind->metric_options(judge, task));
    for (std::size_t i = 0; i < static_cast<std::size_t>(items); ++i) {
        Prediction prediction;
        prediction.item = examples[i].id;
        answers->describe(prediction, i);
        prediction.score = primary->item_value(i).value_or(std::nan(""));
        // A mean is known from its items' values; what is wider is made of the answers again.
        if (primary->adds_up() && !primary->is_mean() && primary->width() <= widest_statistics)
            prediction.detail["statistics"] = primary->statistics_of(i);
        result.predictions.push_back(std::move(prediction));
    }
    return result;
}

} // namespace diapason
