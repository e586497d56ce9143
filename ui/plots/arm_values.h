// The values of an arm's seeds that may be averaged: those of one step, never of different ones.
#pragma once

#include "ui/plots/run_curves.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace diapason::ui {

/// One seed of an arm, in one metric.
struct SeedCurve {
    const Curve* curve = nullptr; ///< null: no point yet
    bool brokenOff = false;       ///< RunCurves::brokenOff
};

/// What is looked at: nothing that lies beyond either of the two.
struct Moment {
    std::optional<double> step; ///< the cursor's; without, the last step that all seeds share
    double wall = std::numeric_limits<double>::infinity(); ///< seconds of each run: play head, or cursor over time
};

struct ArmValue {
    std::vector<double> values; ///< finite ones, one a seed
    std::int64_t step = 0;      ///< where they were measured; without meaning when there are none
};

/// At a cursor: the last step that a seed has measured there, of the seeds that reached it. Without: the last step that
/// all seeds with a point have reached, apart from those that broke off. Of a metric that each seed measures at steps
/// of its own, a seed's value is the last one at or before that step.
ArmValue valuesOf(const std::vector<SeedCurve>& seeds, const Moment& moment);

} // namespace diapason::ui
