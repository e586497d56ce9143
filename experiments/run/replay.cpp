#include "experiments/run/replay.h"

#include "core/base/error.h"

#include <algorithm>

namespace diapason {

std::vector<RunEvent> replay_events(const StoreReader& reader, RowId run_id) {
    const auto run = reader.run(run_id);
    if (!run)
        throw Error(ErrorKind::config,
                    {"there is no such run", {}, "run", std::to_string(run_id), "diapason-cli run list shows them"});
    std::vector<RunEvent> events;
    events.emplace_back(
        RunBegan{run->steps_total, run->trained, run->stored, run->stored_bits, run->head, run->environment});
    events.emplace_back(StateChanged{RunState::running, {}, {}, {}});
    std::vector<MetricPoint> points;
    for (const SeriesRecord& series : reader.series(run_id)) {
        const SeriesPoints stored = reader.points(run_id, series.name);
        for (std::size_t i = 0; i < stored.step.size(); ++i)
            points.push_back({series.name, stored.step[i], stored.wall_s[i], stored.value[i]});
    }
    // As a live run would have sent them: by the time at which each value was known.
    std::stable_sort(points.begin(), points.end(),
                     [](const MetricPoint& a, const MetricPoint& b) { return a.wall_s < b.wall_s; });
    for (std::size_t i = 0; i < points.size();) {
        MetricPoints batch;
        const std::int64_t step = points[i].step;
        while (i < points.size() && points[i].step == step)
            batch.points.push_back(points[i++]);
        events.emplace_back(std::move(batch));
        events.emplace_back(Progress{step, run->steps_total});
    }
    const RunState end = is_terminal(run->state) ? run->state : RunState::interrupted;
    events.emplace_back(StateChanged{end, run->message, {}, run->summary});
    return events;
}

} // namespace diapason
