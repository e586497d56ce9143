// States of frozen layers that the runs of a process share: what one run has computed, the next one finds.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/model/linear_map.h"
#include "experiments/engine/task_data.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace diapason {

/// Everything that the states of a split depend on.
struct FrozenKey {
    Json config;                    ///< of the backbone, as in its file
    std::string weights;            ///< Model::hash_below(layer)
    std::shared_ptr<TaskData> data; ///< of one task, tokenizer and limit of tokens
    std::string split;
    std::int64_t layer = 0;
    std::string reader; ///< the head's kind where only the rows that it reads are kept; empty = all rows
    Precision precision = Precision::float32;
    std::string device;
    int threads = 1;

    friend bool operator==(const FrozenKey&, const FrozenKey&) = default;
};

/// The rows of a batch's sequences, one sequence after the other.
struct FrozenBatch {
    at::Tensor rows;                   ///< [R, width]
    std::vector<std::int64_t> offsets; ///< of each sequence, 0 … R
};

/// States of one split by the numbers of its batches.
struct FrozenTable {
    const FrozenKey key;
    std::unordered_map<std::int64_t, FrozenBatch> batches;
    std::int64_t bytes = 0;
};

/// Keeps tables within a budget: those that were opened least recently go first. A table that a run holds stays; a run
/// opens no more than fits. Any thread.
class FrozenStore {
public:
    explicit FrozenStore(std::int64_t budget = std::int64_t{1} << 30) : m_budget(budget) {}

    std::int64_t budget() const { return m_budget; } ///< bytes
    std::int64_t bytes() const;                      ///< kept now
    std::size_t tables() const;

    /// The table of a key, from now on the most recent one; empty at first.
    std::shared_ptr<FrozenTable> open(FrozenKey key);
    /// Null = absent. Lives as long as the table.
    const FrozenBatch* find(const FrozenTable& table, std::int64_t batch) const;
    /// What is there already stays: it is the same.
    const FrozenBatch& keep(FrozenTable& table, std::int64_t batch, FrozenBatch states);

private:
    void make_room();

    const std::int64_t m_budget;
    mutable std::mutex m_mutex;
    std::list<std::shared_ptr<FrozenTable>> m_tables; ///< the most recent one in front
    std::int64_t m_bytes = 0;
};

} // namespace diapason
