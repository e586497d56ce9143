#include "experiments/engine/answering.h"

#include <ATen/ops/mean.h>

#include <cmath>

namespace diapason {

const Answering& answering_of(const TaskKind& kind) {
    static const std::map<std::string, const Answering*> known = {
#define DIAPASON_TASK_KIND(name) {#name, &name##_answering()},
#include "core/data/kinds/task_kinds.def"
#undef DIAPASON_TASK_KIND
    };
    return *known.at(kind.name());
}

Json rounded(const float* scores, std::int64_t count) {
    Json list = Json::array();
    for (std::int64_t i = 0; i < count; ++i) {
        const double score = scores[i];
        list.push_back(std::isfinite(score) ? Json(std::round(score * 1e4) / 1e4) : Json());
    }
    return list;
}

at::Tensor mean_of_members(const at::Tensor& outputs, std::int64_t members) {
    if (members == 1) return outputs;
    std::vector<std::int64_t> shape = outputs.sizes().vec();
    shape.front() /= members;
    shape.insert(shape.begin(), members);
    return outputs.view(shape).mean(0);
}

} // namespace diapason
