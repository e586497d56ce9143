#include "ui/plots/curve_cache.h"

#include "experiments/results/results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace diapason::ui {
namespace {

constexpr std::size_t shownBad = 50;
constexpr int bandColumns = 300; // two points each: channel fills are dear

std::vector<double> xOf(const Curve& curve, bool wallTime) {
    return wallTime ? curve.wall : std::vector<double>(curve.step.begin(), curve.step.end());
}

// Infinities would freeze the range of the axis: they are gaps, like NaN.
std::vector<double> scaled(const Curve& curve, double scale) {
    std::vector<double> y(curve.value.size());
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] = std::isfinite(curve.value[i]) ? curve.value[i] * scale : std::numeric_limits<double>::quiet_NaN();
    return y;
}

// Indices of the visible part, with one point more on either side so that lines run to the edges.
std::pair<std::size_t, std::size_t> visible(const std::vector<double>& x, const CacheKey& key) {
    if (!(key.to > key.from)) return {0, x.size()};
    auto begin = std::lower_bound(x.begin(), x.end(), key.from);
    auto end = std::upper_bound(x.begin(), x.end(), key.to);
    if (begin != x.begin()) --begin;
    if (end != x.end()) ++end;
    return {static_cast<std::size_t>(begin - x.begin()), static_cast<std::size_t>(end - x.begin())};
}

Thinned thin(const std::vector<double>& x, const std::vector<double>& y, const std::vector<double>& wall,
             const CacheKey& key, int columns, std::vector<std::size_t>* kept = nullptr) {
    Thinned out;
    out.low = out.lowPositive = std::numeric_limits<double>::infinity();
    out.high = -out.low;
    const auto [begin, end] = visible(x, key);
    out.of = end - begin;
    if (begin == end) return out;
    const auto part = [&, b = begin, e = end](const std::vector<double>& all) {
        return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(b),
                                   all.begin() + static_cast<std::ptrdiff_t>(e));
    };
    const bool whole = begin == 0 && end == x.size();
    const std::vector<double> px = whole ? std::vector<double>() : part(x);
    const std::vector<double> py = whole ? std::vector<double>() : part(y);
    for (const std::size_t i : decimate(whole ? x : px, whole ? y : py, x[begin], x[end - 1], columns)) {
        const std::size_t at = begin + i;
        out.x.push_back(x[at]);
        out.y.push_back(y[at]);
        out.wall.push_back(wall[at]);
        if (kept != nullptr) kept->push_back(at);
        if (!std::isfinite(y[at])) continue;
        out.low = std::min(out.low, y[at]);
        out.high = std::max(out.high, y[at]);
        if (y[at] > 0) out.lowPositive = std::min(out.lowPositive, y[at]);
    }
    return out;
}

} // namespace

void CachedCurve::update(const Curve& curve, const CacheKey& wanted) {
    if (valid && number == curve.number && points == curve.value.size() && key == wanted) return;
    valid = true;
    number = curve.number;
    points = curve.value.size();
    key = wanted;
    const std::vector<double> x = xOf(curve, wanted.wallTime);
    const std::vector<double> y = scaled(curve, wanted.scale);
    line = thin(x, smooth(y, wanted.smoothing), curve.wall, wanted, wanted.columns);
    raw = wanted.raw && wanted.smoothing > 0 ? thin(x, y, curve.wall, wanted, wanted.columns) : Thinned{};
    bad.clear();
    badCount = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (std::isfinite(y[i])) continue;
        if (badCount++ < shownBad) bad.push_back(x[i]);
    }
}

void CachedMean::update(const std::vector<const Curve*>& seeds, const CacheKey& wanted, bool band) {
    std::size_t total = 0;
    std::vector<std::uint64_t> wantedNumbers;
    for (const Curve* curve : seeds) {
        total += curve->value.size();
        wantedNumbers.push_back(curve->number);
    }
    if (valid && points == total && key == wanted && numbers == wantedNumbers) return;
    valid = true;
    numbers = std::move(wantedNumbers);
    points = total;
    key = wanted;
    low.clear();
    high.clear();
    struct At {
        std::vector<double> values;
        double wall = 0;
    };
    std::map<std::int64_t, At> steps;
    std::vector<double> x, y, wall, half;
    const auto take = [&](std::int64_t step, const std::vector<double>& values, double at) {
        if (values.size() < 3) return;
        double sum = 0;
        for (const double value : values)
            sum += value;
        x.push_back(static_cast<double>(step));
        y.push_back(sum / static_cast<double>(values.size()));
        // Known when all of its seeds are; a step never before an earlier one, though fewer seeds may have reached it.
        wall.push_back(wall.empty() ? at : std::max(at, wall.back()));
        if (band) half.push_back(*estimate(values).half_width);
    };
    std::vector<std::vector<double>> values;
    for (const Curve* curve : seeds)
        values.push_back(smooth(scaled(*curve, wanted.scale), wanted.smoothing));
    const bool aligned = std::all_of(seeds.begin(), seeds.end(), [&](const Curve* curve) {
        const auto common = static_cast<std::ptrdiff_t>(std::min(curve->step.size(), seeds.front()->step.size()));
        return std::equal(curve->step.begin(), curve->step.begin() + common, seeds.front()->step.begin());
    });
    std::size_t longest = 0;
    for (const Curve* curve : seeds)
        longest = std::max(longest, curve->step.size());
    if (aligned) { // the usual case: seeds evaluate at the same steps, without a map over all of them
        std::vector<double> here;
        for (std::size_t i = 0; i < longest; ++i) {
            here.clear();
            double at = 0;
            std::int64_t step = 0;
            for (std::size_t s = 0; s < seeds.size(); ++s) {
                if (i >= values[s].size()) continue;
                step = seeds[s]->step[i];
                if (!std::isfinite(values[s][i])) continue;
                here.push_back(values[s][i]);
                at = std::max(at, seeds[s]->wall[i]);
            }
            take(step, here, at);
        }
    } else {
        for (std::size_t s = 0; s < seeds.size(); ++s) {
            for (std::size_t i = 0; i < values[s].size(); ++i) {
                if (!std::isfinite(values[s][i])) continue;
                At& at = steps[seeds[s]->step[i]];
                at.values.push_back(values[s][i]);
                at.wall = std::max(at.wall, seeds[s]->wall[i]);
            }
        }
        for (const auto& [step, at] : steps)
            take(step, at.values, at.wall);
    }
    std::vector<std::size_t> kept;
    mean = thin(x, y, wall, wanted, band ? bandColumns : wanted.columns, &kept);
    for (const std::size_t i : kept) {
        if (!band) break;
        low.push_back(y[i] - half[i]);
        high.push_back(y[i] + half[i]);
    }
}

} // namespace diapason::ui
