// Learning-rate schedules as pure functions of the update's index, so that a resumed run needs no schedule state.
#pragma once

#include <cstdint>
#include <string>

namespace diapason {

enum class ScheduleKind { constant, linear, cosine };

ScheduleKind schedule_kind_from(const std::string& name); ///< @throws Error(config)

/// Factor of the base learning rate for update `index` (from 0) of `total`: index/warmup while index < warmup, then 1,
/// a line to 0 at `total`, or half a cosine to 0.
double schedule_factor(ScheduleKind kind, std::int64_t index, std::int64_t warmup, std::int64_t total);

} // namespace diapason
