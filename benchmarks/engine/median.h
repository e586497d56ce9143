// What benchmarks say of repeated measurements: a machine is rarely idle.
#pragma once

#include <algorithm>
#include <vector>

namespace diapason {

/// @param values at least one
inline double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace diapason
