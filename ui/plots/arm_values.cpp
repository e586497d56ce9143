#include "ui/plots/arm_values.h"

#include <algorithm>
#include <cmath>

namespace diapason::ui {
namespace {

// Steps and times of a run ascend.
std::size_t knownOf(const Curve& curve, const Moment& moment) {
    const auto timed = std::upper_bound(curve.wall.begin(), curve.wall.end(), moment.wall) - curve.wall.begin();
    if (!moment.step) return static_cast<std::size_t>(timed);
    const auto stepped = std::upper_bound(curve.step.begin(), curve.step.end(), *moment.step,
                                          [](double x, std::int64_t step) { return x < static_cast<double>(step); }) -
                         curve.step.begin();
    return static_cast<std::size_t>(std::min(timed, stepped));
}

} // namespace

ArmValue valuesOf(const std::vector<SeedCurve>& seeds, const Moment& moment) {
    struct Known {
        const Curve* curve;
        std::size_t points;
        bool over; // all that it will ever have
    };
    std::vector<Known> known;
    for (const SeedCurve& seed : seeds) {
        const std::size_t points = seed.curve == nullptr ? 0 : knownOf(*seed.curve, moment);
        if (points > 0) known.push_back({seed.curve, points, seed.brokenOff && points == seed.curve->step.size()});
    }
    ArmValue found;
    if (known.empty()) return found;
    const bool all = std::all_of(known.begin(), known.end(), [](const Known& seed) { return seed.over; });
    bool first = true;
    for (const Known& seed : known) {
        if (!moment.step && seed.over && !all) continue;
        const std::int64_t last = seed.curve->step[seed.points - 1];
        found.step = first ? last : moment.step ? std::max(found.step, last) : std::min(found.step, last);
        first = false;
    }
    for (const Known& seed : known) {
        const auto begin = seed.curve->step.begin();
        const auto end = begin + static_cast<std::ptrdiff_t>(seed.points);
        if (*(end - 1) < found.step) continue;
        const auto at = std::upper_bound(begin, end, found.step);
        if (at == begin) continue;
        const double value = seed.curve->value[static_cast<std::size_t>(at - begin) - 1];
        if (std::isfinite(value)) found.values.push_back(value);
    }
    return found;
}

} // namespace diapason::ui
