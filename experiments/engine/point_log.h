// The metric points of a run: sent in batches, so that a fast run does not drown its listeners, and kept, so that a
// checkpoint holds the series as they were.
#pragma once

#include "core/train/checkpoint.h"
#include "experiments/run/engine.h"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// Sends after 256 points or 50 ms, whichever comes first, and on flush(). Engine thread only.
class PointLog {
public:
    explicit PointLog(const EventSink& sink) : m_sink(sink) { start(); }

    void start();           ///< the clock, from what earlier attempts have taken
    double elapsed() const; ///< seconds of training, earlier attempts included

    void add(const MetricName& name, std::int64_t step, double value);
    void flush();
    /// What comes from here on is not part of checkpoints: it can be had again from what is trained.
    void close_history() { m_recording = false; }

    void save(Checkpoint& checkpoint) const;
    /// Takes over the points of an earlier attempt, and its time. Nothing is sent before resend().
    void restore(const Checkpoint& checkpoint);
    void resend(); ///< everything that was restored, in the order of time

private:
    using Clock = std::chrono::steady_clock;
    struct Column {
        std::vector<std::int64_t> step;
        std::vector<double> wall_s, value;
    };

    void send(MetricPoint point);

    const EventSink& m_sink;
    Clock::time_point m_start, m_sent;
    double m_before_s = 0;
    bool m_recording = true;
    std::map<MetricName, Column> m_history;
    MetricPoints m_points;
};

} // namespace diapason
