// What a plot draws of a curve, kept until the curve grows or the view changes: smoothed, thinned to the pixels it has.
#pragma once

#include "ui/plots/run_curves.h"

#include <cstddef>
#include <vector>

namespace diapason::ui {

struct CurveStyle;
struct CurveView;

/// Everything that decides what is drawn, apart from the curve itself.
struct CacheKey {
    MetricName metric;
    bool wallTime = false, raw = false;
    double smoothing = 0, scale = 1;
    int columns = 0;
    double from = 0, to = 0; ///< the visible part; equal = all of it
    friend bool operator==(const CacheKey&, const CacheKey&) = default;
};

/// Parallel arrays, x ascending. Non-finite values are NaN, which a graph draws as a gap.
struct Thinned {
    std::vector<double> x, y, wall;
    std::size_t of = 0;                        ///< points of the visible part that these stand for
    double low = 0, high = 0, lowPositive = 0; ///< of the finite values; low > high when there is none
};

struct CachedCurve {
    bool valid = false;
    CacheKey key;
    std::uint64_t number = 0; ///< of the curve: a run that begins anew, or of another database, may have as many points
    std::size_t points = 0;
    Thinned line, raw;
    std::vector<double> bad; ///< x of the first non-finite values
    std::size_t badCount = 0;

    /// Brings it up to date; cheap when nothing has changed.
    void update(const Curve& curve, const CacheKey& wanted);
};

/// Mean over the seeds of an arm where at least three of them have a value, with its 95 % t-interval.
struct CachedMean {
    bool valid = false;
    CacheKey key;
    std::vector<std::uint64_t> numbers; ///< of the seeds' curves
    std::size_t points = 0;
    Thinned mean;
    std::vector<double> low, high; ///< parallel to mean, empty without `band`
    void update(const std::vector<const Curve*>& seeds, const CacheKey& wanted, bool band);
};

} // namespace diapason::ui
