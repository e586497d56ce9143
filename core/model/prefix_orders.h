// Where rows of prefixes stand among the keys of a packed batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <vector>

namespace diapason {

/// The order that puts P prefix rows in front of the keys of every sequence: made once for each P in a forward pass,
/// and shared by the layers of a stack.
class PrefixOrders {
public:
    struct Order {
        at::Tensor rows;                   ///< [B·P + Tk] int64, of [prefix; keys]
        std::vector<std::int64_t> offsets; ///< B+1, of the keys with their prefixes
    };
    /// @param keys B+1, the same for every call
    const Order& of(std::int64_t length, const std::vector<std::int64_t>& keys, at::Device device);

private:
    std::map<std::int64_t, Order> m_orders;
};

} // namespace diapason
