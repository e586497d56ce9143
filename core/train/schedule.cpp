#include "core/train/schedule.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diapason {

ScheduleKind schedule_kind_from(const std::string& name) {
    if (name == "constant") return ScheduleKind::constant;
    if (name == "linear") return ScheduleKind::linear;
    if (name == "cosine") return ScheduleKind::cosine;
    throw config_error("schedule", name, "there is no such schedule", "Choose from constant, linear, cosine");
}

double schedule_factor(ScheduleKind kind, std::int64_t index, std::int64_t warmup, std::int64_t total) {
    if (index < warmup) return static_cast<double>(index) / static_cast<double>(std::max<std::int64_t>(1, warmup));
    if (kind == ScheduleKind::constant) return 1;
    const auto rest = static_cast<double>(std::max<std::int64_t>(1, total - warmup));
    const double done = std::min(1.0, static_cast<double>(index - warmup) / rest);
    return kind == ScheduleKind::linear ? 1 - done : 0.5 * (1 + std::cos(std::numbers::pi * done));
}

} // namespace diapason
