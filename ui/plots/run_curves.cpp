#include "ui/plots/run_curves.h"

#include "experiments/run/replay.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diapason::ui {

void RunCurves::clear() {
    m_curves.clear();
    m_broken.clear();
    m_metrics.clear();
    m_metricsHold = true;
}

void RunCurves::clearRun(RowId run) {
    m_metricsHold = m_curves.erase(run) == 0 && m_metricsHold;
    m_broken.erase(run);
}

void RunCurves::apply(RowId run, const RunEvent& event) {
    if (std::holds_alternative<RunBegan>(event)) clearRun(run);
    if (const auto* change = std::get_if<StateChanged>(&event)) {
        if (is_terminal(change->state) && change->state != RunState::finished)
            m_broken.insert(run);
        else
            m_broken.erase(run);
    }
    const auto* points = std::get_if<MetricPoints>(&event);
    if (points == nullptr) return;
    m_broken.erase(run); // read from the store while it was at work
    auto& curves = m_curves[run];
    for (const MetricPoint& point : points->points) {
        Curve& curve = curves[point.name];
        if (curve.step.empty()) {
            curve.number = ++m_made;
            m_metrics.insert(point.name);
        }
        // A point may have been read from the store before its event arrives.
        if (!curve.step.empty() && point.step <= curve.step.back()) continue;
        curve.step.push_back(point.step);
        curve.wall.push_back(point.wall_s);
        curve.value.push_back(point.value);
    }
}

void RunCurves::load(const StoreReader& reader, RowId run) {
    for (const RunEvent& event : replay_events(reader, run))
        apply(run, event);
}

const Curve* RunCurves::find(RowId run, const MetricName& metric) const {
    const auto of_run = m_curves.find(run);
    if (of_run == m_curves.end()) return nullptr;
    const auto curve = of_run->second.find(metric);
    return curve == of_run->second.end() ? nullptr : &curve->second;
}

const std::set<MetricName>& RunCurves::metrics() const {
    if (m_metricsHold) return m_metrics;
    m_metrics.clear();
    for (const auto& [run, curves] : m_curves) {
        for (const auto& [name, curve] : curves)
            m_metrics.insert(name);
    }
    m_metricsHold = true;
    return m_metrics;
}

std::vector<std::size_t> decimate(const std::vector<double>& x, const std::vector<double>& y, double from, double to,
                                  int columns) {
    std::vector<std::size_t> kept;
    const auto columns_u = static_cast<std::size_t>(std::max(1, columns));
    if (x.size() <= 4 * columns_u || !(to > from)) {
        kept.resize(x.size());
        for (std::size_t i = 0; i < kept.size(); ++i)
            kept[i] = i;
        return kept;
    }
    const double width = (to - from) / static_cast<double>(columns_u);
    for (std::size_t i = 0; i < x.size();) {
        const double column = std::floor((x[i] - from) / width);
        std::size_t low = i, high = i, end = i;
        bool gap = false;
        for (; end < x.size() && std::floor((x[end] - from) / width) == column; ++end) {
            if (!std::isfinite(y[end])) {
                gap = true;
                continue;
            }
            if (!std::isfinite(y[low]) || y[end] < y[low]) low = end;
            if (!std::isfinite(y[high]) || y[end] > y[high]) high = end;
        }
        kept.push_back(std::min(low, high));
        if (low != high) kept.push_back(std::max(low, high));
        if (gap) { // a non-finite value breaks the line where it was
            for (std::size_t k = i; k < end; ++k) {
                if (!std::isfinite(y[k]) && k != low) {
                    kept.push_back(k);
                    break;
                }
            }
        }
        i = end;
    }
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    return kept;
}

std::vector<double> smooth(const std::vector<double>& values, double weight) {
    if (weight <= 0) return values;
    std::vector<double> out;
    out.reserve(values.size());
    double average = 0;
    double mass = 0; // 1 − weight^n: divides out the zero that the average began with
    for (const double value : values) {
        if (!std::isfinite(value)) {
            out.push_back(std::numeric_limits<double>::quiet_NaN());
            continue;
        }
        average = weight * average + (1 - weight) * value;
        mass = weight * mass + (1 - weight);
        out.push_back(average / mass);
    }
    return out;
}

} // namespace diapason::ui
