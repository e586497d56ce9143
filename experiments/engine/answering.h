// What kinds of tasks need a model for: the engine's half of a TaskKind, under the same names.
#pragma once

#include "core/data/prompt_template.h"
#include "core/data/task_kind.h"
#include "core/model/head.h"
#include "core/model/packed_batch.h"
#include "experiments/run/run_event.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

class Model;
class TaskData;
struct EvaluationRequest;

/// Collects the answers of one evaluation, batch after batch. What it was made of outlives it.
class AnswerReader {
public:
    virtual ~AnswerReader() = default;
    /// @param outputs the model's logits for a batch, or scores of choices [members · items, most of them], −∞ where an
    /// item has fewer
    /// @param items numbers of the split's examples
    /// @param batch what the logits were computed of; null = outputs are scores
    virtual void read(const at::Tensor& outputs, const std::vector<std::int64_t>& items, const PackedBatch* batch) = 0;
    virtual Outcomes outcomes() const = 0;
    /// Values that are no metric of the task: what the members of an ensemble reach.
    virtual void add_values(std::map<std::string, double>& /*values*/) const {}
    /// The answer and what was expected, in words. @param item in the order in which they were read
    virtual void describe(Prediction& prediction, std::size_t item) const = 0;
};

/// One kind's half. Stateless.
class Answering {
public:
    virtual ~Answering() = default;
    /// What the outputs of its sequence classifier stand for.
    virtual LabelForm label_form() const { return LabelForm::one_class; }
    /// Puts what has to be learned onto an input. @param inserted where a template has moved its ids
    virtual void label(const TaskData& data, const EncodedExample& part, const InsertedTemplate& inserted,
                       Sequence& sequence) const = 0;
    virtual std::unique_ptr<AnswerReader> reader(Model& model, TaskData& data,
                                                 const EvaluationRequest& request) const = 0;
};

const Answering& answering_of(const TaskKind& kind);

#define DIAPASON_TASK_KIND(name) const Answering& name##_answering();
#include "core/data/kinds/task_kinds.def"
#undef DIAPASON_TASK_KIND

/// As predictions keep scores: four decimals, null for −∞.
Json rounded(const float* scores, std::int64_t count);

/// Mean over the members of an ensemble. @param outputs [members · n, …] @return [n, …]
at::Tensor mean_of_members(const at::Tensor& outputs, std::int64_t members);

} // namespace diapason
