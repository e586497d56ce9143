// The order in which examples are seen: a pure function of seed and epoch.
#pragma once

#include <cstdint>
#include <vector>

namespace diapason {

/// A permutation of 0 … n-1 (Fisher and Yates), the same on every platform.
std::vector<std::int64_t> shuffled_order(std::int64_t n, std::uint64_t seed, std::uint64_t epoch);

/// Endless batches over shuffled epochs; the position is two numbers, so that a checkpoint can hold it.
class BatchOrder {
public:
    BatchOrder(std::int64_t items, std::int64_t batch_size, std::uint64_t seed);

    /// Item numbers of the next batch. Every epoch uses every item once; its last batch may be smaller.
    std::vector<std::int64_t> next();
    std::uint64_t epoch() const { return m_epoch; }
    std::int64_t cursor() const { return m_cursor; }
    void restore(std::uint64_t epoch, std::int64_t cursor);

private:
    std::int64_t m_items, m_batch_size;
    std::uint64_t m_seed, m_epoch = 0;
    std::int64_t m_cursor = 0;
    std::vector<std::int64_t> m_order;
};

} // namespace diapason
