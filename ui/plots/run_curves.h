// Curves of runs, fed by events: live, or from a replay. What is drawn is what was stored.
#pragma once

#include "core/store/store_reader.h"
#include "experiments/run/run_event.h"

#include <QString>

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace diapason::ui {

/// One metric of one run; arrays are parallel and grow at their end.
struct Curve {
    std::vector<std::int64_t> step;
    std::vector<double> wall;
    std::vector<double> value; ///< NaN and infinities as they came
    std::uint64_t number = 0;  ///< no other curve of its RunCurves has ever had it
};

class RunCurves {
public:
    void clear();
    void clearRun(RowId run);
    /// Appends the points of an event; a run that begins anew loses its old ones.
    void apply(RowId run, const RunEvent& event);
    /// A stored run, by the very events that a live one sends. @throws Error when there is no such run
    void load(const StoreReader& reader, RowId run);

    const Curve* find(RowId run, const MetricName& metric) const;
    const std::set<MetricName>& metrics() const;
    bool has(RowId run) const { return m_curves.contains(run); }
    /// Cancelled, failed and the like: there will be no more points, though others of its arm go on.
    bool brokenOff(RowId run) const { return m_broken.contains(run); }

private:
    std::map<RowId, std::map<MetricName, Curve>> m_curves;
    std::set<RowId> m_broken;
    mutable std::set<MetricName> m_metrics; ///< of all curves, unless something was cleared since
    mutable bool m_metricsHold = true;
    std::uint64_t m_made = 0;
};

/// Two points per pixel column at most, the least and the greatest of each, so that every spike stays visible.
/// @param x ascending. @return indices into x, ascending; all of them when there are few
std::vector<std::size_t> decimate(const std::vector<double>& x, const std::vector<double>& y, double from, double to,
                                  int columns);

/// Exponential moving average, debiased (Kingma and Ba 2015, §3), non-finite values skipped and kept. weight 0 = as it
/// is.
std::vector<double> smooth(const std::vector<double>& values, double weight);

} // namespace diapason::ui
