// The training step, the only one there is: pack, loss, backward, accumulate, clip, update, schedule. Who trains adds
// only a policy of its own: which batches, how often to evaluate, when to stop.
#pragma once

#include "core/model/dropout.h"
#include "core/model/model.h"
#include "core/train/adamw.h"
#include "core/train/checkpoint.h"
#include "core/train/schedule.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace diapason {

/// What the summed loss of an update is divided by.
enum class LossNormaliser { per_label, per_example };

struct TrainerOptions {
    AdamWOptions adamw;
    double learning_rate = 1e-3; ///< at the peak
    ScheduleKind schedule = ScheduleKind::constant;
    std::int64_t steps = 0;  ///< updates of the whole training: where the schedule ends
    std::int64_t warmup = 0; ///< updates
    /// Update k (from 0) of a warm-up of w has the rate (k+1)/w instead of k/w: one with rate 0 is wasted.
    bool warm_from_first = false;
    double clip_norm = 0; ///< of the gradients' L2 norm; 0 = off
    std::int64_t accumulation = 1;
    LossNormaliser normaliser = LossNormaliser::per_label;
    std::optional<std::uint64_t> dropout_seed = {}; ///< none = no dropout at all
    bool backbone_dropout = false;                  ///< in the backbone too, not only in deltas
};

/// What one update was. Scalars stay on the device: reading them waits for it, and when to do so is the caller's
/// choice.
struct Step {
    std::int64_t number = 0;  ///< updates done, this one included
    at::Tensor loss_sum;      ///< over the labels of all micro-batches, detached
    at::Tensor gradient_norm; ///< L2, before clipping
    double divisor = 1;       ///< labels or examples, by the normaliser
    double rate = 0;
    std::int64_t tokens = 0;

    double loss() const { return loss_sum.item<double>() / divisor; } ///< waits for the device
};

/// Trains what model.trainable() says, which must not be empty. Engine thread only.
class Trainer {
public:
    /// The next micro-batch.
    using NextBatch = std::function<PackedBatch()>;
    /// The rows that the head reads of a batch: Model::read, or states that are known (read_by).
    using Read = std::function<at::Tensor(const PackedBatch&, const ForwardState&)>;

    /// @param names how many names of a reference's optimiser a parameter has: it is updated as often in a step. Absent
    /// = 1
    Trainer(Model& model, const TrainerOptions& options, const std::map<const Parameter*, int>& names = {});

    void read_by(Read read) { m_read = std::move(read); }
    /// One update, over as many micro-batches as are accumulated, at the schedule's rate.
    Step step(const NextBatch& next);
    /// The same at a rate of the caller's.
    Step step(const NextBatch& next, double rate);

    std::int64_t steps() const { return m_optimiser.steps(); } ///< done so far
    const at::Tensor& values() const { return m_optimiser.values(); }
    void set_values(const at::Tensor& values) { m_optimiser.set_values(values); } ///< copies

    /// Everything that the next step depends on beside its batches; within a step, as it was before.
    void save(Checkpoint& checkpoint) const;
    void restore(const Checkpoint& checkpoint); ///< @throws Error(input) when it belongs to another model or method

private:
    double scheduled_rate() const;

    Model& m_model;
    TrainerOptions m_options;
    AdamW m_optimiser;
    DropoutStream m_dropout;
    std::uint64_t m_settled_counter = 0; ///< of the dropout stream behind the last completed step
    ForwardState m_state;
    Read m_read;
};

} // namespace diapason
