#include "core/model/prefix_orders.h"

#include "core/model/packed_batch.h"

namespace diapason {

const PrefixOrders::Order& PrefixOrders::of(std::int64_t length, const std::vector<std::int64_t>& keys,
                                            at::Device device) {
    Order& order = m_orders[length];
    if (order.rows.defined()) return order;
    std::vector<std::int64_t> rows;
    order.offsets = {0};
    for (std::size_t s = 0; s + 1 < keys.size(); ++s) {
        for (std::int64_t i = 0; i < length; ++i)
            rows.push_back(i);
        for (std::int64_t row = keys[s]; row < keys[s + 1]; ++row)
            rows.push_back(length + row);
        order.offsets.push_back(static_cast<std::int64_t>(rows.size()));
    }
    order.rows = index_tensor(rows, device);
    return order;
}

} // namespace diapason
