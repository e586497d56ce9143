#include "core/data/order.h"

#include "core/base/rng.h"

#include <algorithm>
#include <numeric>

namespace diapason {

std::vector<std::int64_t> shuffled_order(std::int64_t n, std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::uint64_t state = splitmix64(seed ^ splitmix64(epoch));
    for (std::uint64_t i = order.size(); i > 1; --i) {
        state = splitmix64(state);
        // The upper half of a product instead of a remainder: unbiased to 2^-32 for any number of examples that fits
        // into memory.
        const auto j = static_cast<std::size_t>(((state >> 32) * i) >> 32);
        std::swap(order[i - 1], order[j]);
    }
    return order;
}

BatchOrder::BatchOrder(std::int64_t items, std::int64_t batch_size, std::uint64_t seed)
    : m_items(items),
      m_batch_size(batch_size),
      m_seed(seed),
      m_order(shuffled_order(items, seed, 0)) {}

std::vector<std::int64_t> BatchOrder::next() {
    if (m_cursor >= m_items) {
        m_order = shuffled_order(m_items, m_seed, ++m_epoch);
        m_cursor = 0;
    }
    const std::int64_t end = std::min(m_items, m_cursor + m_batch_size);
    std::vector<std::int64_t> batch(m_order.begin() + m_cursor, m_order.begin() + end);
    m_cursor = end;
    return batch;
}

void BatchOrder::restore(std::uint64_t epoch, std::int64_t cursor) {
    m_epoch = epoch;
    m_cursor = cursor;
    m_order = shuffled_order(m_items, m_seed, epoch);
}

} // namespace diapason
