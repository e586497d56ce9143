#include "experiments/engine/evaluation.h"

#include "core/data/metrics.h"
#include "core/eval/generate.h"
#include "core/eval/vote.h"
#include "experiments/engine/batches.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diapason {
namespace {

// Consecutive items of the split in batches.
std::vector<std::vector<std::int64_t>> batches_of(TaskData& data, const EvaluationRequest& request,
                                                  std::int64_t items) {
    const auto bounds = consecutive_batches(items, items, [&](std::int64_t i) {
        const auto item = static_cast<std::size_t>(i);
        return request.asking != nullptr ? request.asking->length(request.split, item)
                                         : std::ssize(data.encoded(request.split, item).ids);
    });
    std::vector<std::vector<std::int64_t>> batches;
    for (std::size_t b = 0; b + 1 < bounds.size(); ++b) {
        batches.emplace_back(static_cast<std::size_t>(bounds[b + 1] - bounds[b]));
        std::iota(batches.back().begin(), batches.back().end(), bounds[b]);
    }
    return batches;
}

struct Collected {
    double loss_sum = 0;
    std::int64_t loss_count = 0;
    ClassOutcomes classes;
    std::vector<std::vector<std::int64_t>> by_member; ///< predicted, of an ensemble
    TextOutcomes texts;
};

// @param logits [members · items, classes]
void classify(const at::Tensor& logits, std::int64_t members, bool by_mean, TaskData& data, const std::string& split,
              const std::vector<std::int64_t>& items, Collected& out) {
    at::Tensor best = logits.argmax(-1).cpu();
    if (members > 1) {
        const EnsembleVote vote = vote_of(logits.view({members, -1, logits.size(1)}));
        best = (by_mean ? vote.mean_pred : vote.vote).cpu();
        const at::Tensor single = vote.member_pred.cpu().contiguous();
        const std::int64_t* of = single.const_data_ptr<std::int64_t>();
        out.by_member.resize(static_cast<std::size_t>(members));
        for (auto& member : out.by_member) {
            member.insert(member.end(), of, of + items.size());
            of += items.size();
        }
    }
    for (std::size_t k = 0; k < items.size(); ++k) {
        out.classes.predicted.push_back(best.const_data_ptr<std::int64_t>()[k]);
        out.classes.expected.push_back(data.split(split).examples[static_cast<std::size_t>(items[k])].label_index);
    }
}

void generate(Model& model, TaskData& data, const EvaluationRequest& request, const std::vector<std::int64_t>& items,
              Collected& out) {
    std::vector<std::vector<std::int64_t>> prompts;
    for (const std::int64_t i : items) {
        const auto item = static_cast<std::size_t>(i);
        prompts.push_back(request.asking != nullptr
                              ? request.asking->prompt(request.split, item)
                              : data.input_sequence(request.split, item, model.prompt_template()).ids);
    }
    GenerateOptions options;
    options.max_new_tokens = data.task().max_target_tokens;
    options.end_ids = {data.ends().end};
    options.decoder_start_id = data.ends().decoder_start;
    for (Generated& written : diapason::generate(model, prompts, options)) {
        if (!written.tokens.empty() && written.tokens.back() == data.ends().end) written.tokens.pop_back();
        std::string text = data.tokenizer().decode(written.tokens);
        text.erase(0, text.find_first_not_of(' '));
        out.texts.hypotheses.push_back(std::move(text));
    }
    for (const std::int64_t item : items)
        out.texts.references.push_back(data.split(request.split).examples[static_cast<std::size_t>(item)].target);
}

// What the members of an ensemble reach alone, in the primary metric.
void add_members(const Collected& collected, const Task& task, std::map<std::string, double>& metrics) {
    const MetricInfo& primary = metric_info(task.primary_metric);
    double sum = 0, best = std::nan("");
    for (const auto& predicted : collected.by_member) {
        const auto value = score(primary, ClassOutcomes{predicted, collected.classes.expected, task.classes()});
        if (!value) return;
        sum += *value;
        if (better(primary, *value, best)) best = *value;
    }
    metrics[measure::mean_of_members(task.primary_metric)] = sum / static_cast<double>(collected.by_member.size());
    metrics[measure::best_member(task.primary_metric)] = best;
}

} // namespace

Evaluation evaluate(Model& model, TaskData& data, const EvaluationRequest& request) {
    const c10::NoGradGuard guard;
    const Task& task = data.task();
    const bool generation = task.kind == TaskKind::generation;
    const auto& examples = data.split(request.split).examples;
    auto items = static_cast<std::int64_t>(examples.size());
    if (request.max_items > 0) items = std::min(items, request.max_items);
    Collected collected;
    for (const auto& batch_items : batches_of(data, request, items)) {
        if (request.stop && request.stop()) return {};
        if (request.asking != nullptr && !generation) {
            const Asking::Answers answers = request.asking->answers(request.split, batch_items, request.stop);
            if (!answers.scores.defined()) return {};
            collected.loss_sum += answers.loss_sum;
            collected.loss_count += answers.loss_count;
            classify(answers.scores, model.members(), request.by_mean, data, request.split, batch_items, collected);
            continue;
        }
        std::vector<Sequence> sequences;
        for (const std::int64_t i : batch_items) {
            const auto item = static_cast<std::size_t>(i);
            sequences.push_back(request.asking != nullptr
                                    ? request.asking->training_sequence(request.split, item)
                                    : data.training_sequence(request.split, item, model.prompt_template()));
        }
        const PackedBatch batch = model.pack(sequences);
        const at::Tensor rows = request.frozen != nullptr ? request.frozen->read(request.split, batch_items, batch, {})
                                                          : model.read(batch, {});
        const at::Tensor logits = model.logits_of(rows, {});
        const LossTerms terms = model.loss(logits, batch);
        collected.loss_sum += terms.sum.item<double>();
        collected.loss_count += terms.count;
        if (!request.metrics) continue;
        if (generation)
            generate(model, data, request, batch_items, collected);
        else
            classify(logits, model.members(), request.by_mean, data, request.split, batch_items, collected);
    }
    Evaluation result;
    result.loss =
        collected.loss_count == 0 ? std::nan("") : collected.loss_sum / static_cast<double>(collected.loss_count);
    if (!request.metrics) return result;
    if (!collected.by_member.empty()) add_members(collected, task, result.metrics);
    collected.classes.classes = task.classes();
    const Outcomes outcomes =
        generation ? Outcomes(std::move(collected.texts)) : Outcomes(std::move(collected.classes));
    for (const std::string& name : task.metrics) {
        if (const auto value = score(metric_info(name), outcomes)) result.metrics[name] = *value;
    }
    if (!request.predictions) return result;
    for (std::int64_t i = 0; i < items; ++i) {
        const auto k = static_cast<std::size_t>(i);
        Prediction prediction;
        prediction.item = examples[k].id;
        prediction.score = item_score(metric_info(task.primary_metric), outcomes, k);
        if (generation) {
            const auto& texts = std::get<TextOutcomes>(outcomes);
            prediction.predicted = texts.hypotheses[k];
            prediction.expected = texts.references[k];
        } else {
            const auto& classes = std::get<ClassOutcomes>(outcomes);
            prediction.predicted = task.labels[static_cast<std::size_t>(classes.predicted[k])].id;
            prediction.expected = examples[k].label;
        }
        result.predictions.push_back(std::move(prediction));
    }
    return result;
}

} // namespace diapason
