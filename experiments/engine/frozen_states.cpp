#include "experiments/engine/frozen_states.h"

#include "experiments/engine/batches.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <chrono>

namespace diapason {

FrozenStates::FrozenStates(Model& model, std::shared_ptr<TaskData> data, FrozenStore& store, const FrozenPlan& plan,
                           std::function<void()> pause)
    : m_model(model),
      m_data(std::move(data)),
      m_store(store),
      m_pause(std::move(pause)),
      m_layer(model.frozen_layers()),
      m_only_read(m_layer == model.config().layers) {
    if (m_layer == 0) return;
    std::int64_t left = store.budget();
    // A part of the training split would cost whole batches for each of its examples.
    const std::int64_t train_items = plan.items("train");
    if (plan.train_draws >= train_items) choose("train", train_items, left);
    for (const char* split : {"validation", "test", "ood"}) {
        if (m_data->has(split)) choose(split, plan.items(split), left);
    }
    if (m_splits.empty()) return;
    FrozenKey key;
    key.config = model.config().raw;
    key.weights = model.hash_below(m_layer);
    key.data = m_data;
    key.layer = m_layer;
    key.precision = model.precision();
    key.device = model.device().str();
    key.threads = plan.threads;
    if (m_only_read) key.reader = name_of(model.head_spec().kind);
    for (auto& [name, split] : m_splits) {
        key.split = name;
        split.table = m_store.open(key);
    }
}

void FrozenStates::choose(const std::string& name, std::int64_t wanted, std::int64_t& left) {
    Split split;
    split.bounds = consecutive_batches(wanted, std::ssize(m_data->split(name).examples), [&](std::int64_t item) {
        return m_data->tokens(name, static_cast<std::size_t>(item));
    });
    std::int64_t rows = 0;
    for (std::int64_t item = 0; item < split.bounds.back(); ++item) {
        for (const EncodedExample& part : m_data->encoded(name, static_cast<std::size_t>(item)))
            rows += rows_of(part);
    }
    const std::int64_t bytes = rows * m_model.config().width * static_cast<std::int64_t>(sizeof(float));
    if (bytes > left) return;
    left -= bytes;
    m_splits.emplace(name, std::move(split));
}

std::int64_t FrozenStates::rows_of(const EncodedExample& part) const {
    const bool all = !m_only_read || !part.offsets.empty();
    if (!part.target_ids.empty()) return std::ssize(part.target_ids) + (all ? std::ssize(part.ids) : 0);
    return all ? std::ssize(part.ids) : std::max<std::int64_t>(1, std::ssize(part.labelled_words));
}

const FrozenBatch& FrozenStates::batch_of(const std::string& name, Split& split, std::int64_t number) {
    if (const FrozenBatch* known = m_store.find(*split.table, number)) return *known;
    if (m_pause) m_pause();
    const auto start = std::chrono::steady_clock::now();
    std::vector<Sequence> sequences;
    const auto at = static_cast<std::size_t>(number);
    for (std::int64_t item = split.bounds[at]; item < split.bounds[at + 1]; ++item)
        m_data->add_training_sequences(name, static_cast<std::size_t>(item), nullptr, sequences);
    StackStates states = m_model.entering(m_model.pack(sequences), m_layer);
    split.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return m_store.keep(*split.table, number, {std::move(states.last), std::move(states.offsets)});
}

at::Tensor FrozenStates::read(const std::string& name, const std::vector<std::int64_t>& items, const PackedBatch& batch,
                              const ForwardState& state) {
    const auto found = m_splits.find(name);
    if (found == m_splits.end()) return m_model.read(batch, state);
    Split& split = found->second;
    std::vector<at::Tensor> rows;
    for (const std::int64_t item : items) {
        const auto behind = std::upper_bound(split.bounds.begin(), split.bounds.end(), item);
        const std::int64_t number = behind - split.bounds.begin() - 1;
        const FrozenBatch& states = batch_of(name, split, number);
        std::size_t sequence = 0; // the first of the item's, in its batch
        for (std::int64_t i = split.bounds[static_cast<std::size_t>(number)]; i < item; ++i)
            sequence += m_data->encoded(name, static_cast<std::size_t>(i)).size();
        const std::size_t behind_it = sequence + m_data->encoded(name, static_cast<std::size_t>(item)).size();
        const std::int64_t first = states.offsets[sequence];
        rows.push_back(states.rows.narrow(0, first, states.offsets[behind_it] - first));
    }
    return m_model.read_entered(at::cat(rows), m_layer, batch, state);
}

double FrozenStates::seconds(const std::string& split) const {
    const auto found = m_splits.find(split);
    return found == m_splits.end() ? 0 : found->second.seconds;
}

} // namespace diapason
