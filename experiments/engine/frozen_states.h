// What a run's frozen layers give for each example: read from the store instead of computed at every step.
#pragma once

#include "core/model/model.h"
#include "experiments/engine/frozen_store.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// What of a run decides which splits are kept.
struct FrozenPlan {
    std::function<std::int64_t(const std::string&)> items; ///< examples of a split that are used
    std::int64_t train_draws = 0;                          ///< how often one is trained on in the whole run
    int threads = 1;
};

/// Reads batches like Model::read, from states that are kept where that pays: evaluation splits, and the training split
/// when it is read at least once. States are computed in fixed batches of the split (consecutive_batches), whichever
/// example is asked for first, so that a run computes the same bits whatever other runs have left in the store.
/// For runs without dropout in the backbone and without templates. One for each run, on its thread.
class FrozenStates {
public:
    /// Decides by the plan and the data which splits fit the store. @param pause called before states are computed
    FrozenStates(Model& model, std::shared_ptr<TaskData> data, FrozenStore& store, const FrozenPlan& plan,
                 std::function<void()> pause = {});

    /// The rows that the head reads. @param batch the sequences of these items
    at::Tensor read(const std::string& split, const std::vector<std::int64_t>& items, const PackedBatch& batch,
                    const ForwardState& state);
    /// What computing states of a split has taken.
    double seconds(const std::string& split) const;

private:
    struct Split {
        std::vector<std::int64_t> bounds; ///< of the batches
        std::shared_ptr<FrozenTable> table;
        double seconds = 0;
    };
    /// Takes what it needs from what is left, when that is enough.
    void choose(const std::string& split, std::int64_t wanted, std::int64_t& left);
    std::int64_t rows_of(const EncodedExample& part) const;
    const FrozenBatch& batch_of(const std::string& name, Split& split, std::int64_t number);

    Model& m_model;
    std::shared_ptr<TaskData> m_data;
    FrozenStore& m_store;
    std::function<void()> m_pause;
    std::int64_t m_layer; ///< the first one that is not frozen
    bool m_only_read;     ///< rows behind the last layer: those that the head reads
    std::map<std::string, Split> m_splits;
};

} // namespace diapason
