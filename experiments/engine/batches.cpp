#include "experiments/engine/batches.h"

namespace diapason {

std::vector<std::int64_t> consecutive_batches(std::int64_t wanted, std::int64_t items,
                                              const std::function<std::int64_t(std::int64_t)>& length) {
    std::vector<std::int64_t> bounds = {0};
    std::int64_t tokens = 0, item = 0;
    for (; item < items; ++item) {
        const std::int64_t more = length(item);
        if (tokens + more > tokens_per_batch && item > bounds.back()) {
            if (item >= wanted) break;
            bounds.push_back(item);
            tokens = 0;
        }
        tokens += more;
    }
    if (item > bounds.back()) bounds.push_back(item);
    return bounds;
}

} // namespace diapason
