// Collects metric points and sends them in batches, so that a fast run does not drown its listeners.
#pragma once

#include "experiments/run/engine.h"

#include <chrono>
#include <utility>

namespace diapason {

/// Sends after 256 points or 50 ms, whichever comes first, and on flush(). Engine thread only.
class PointBuffer {
public:
    explicit PointBuffer(const EventSink& sink) : m_sink(sink) { start(); }

    void start() { m_start = m_sent = Clock::now(); }
    double elapsed() const { return std::chrono::duration<double>(Clock::now() - m_start).count(); }

    void add(MetricName name, std::int64_t step, double value) {
        m_points.points.push_back({std::move(name), step, elapsed(), value});
        if (m_points.points.size() >= 256 || Clock::now() - m_sent > std::chrono::milliseconds(50)) flush();
    }

    void flush() {
        m_sent = Clock::now();
        if (m_points.points.empty()) return;
        m_sink(std::move(m_points));
        m_points.points.clear();
    }

private:
    using Clock = std::chrono::steady_clock;

    const EventSink& m_sink;
    Clock::time_point m_start, m_sent;
    MetricPoints m_points;
};

} // namespace diapason
