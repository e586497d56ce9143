// When the next checkpoint is due.
#pragma once

#include <algorithm>
#include <chrono>

namespace diapason {

/// A checkpoint every so many seconds, and never so often that writing them takes more than a share of the time: those
/// of large models cost seconds.
class CheckpointClock {
public:
    explicit CheckpointClock(double every_s) : m_every_s(every_s) { start(); }

    void start() { m_last = Clock::now(); }
    bool due() const {
        return m_every_s == 0 || seconds_since(m_last) >= std::max(m_every_s, m_cost_s / largest_share);
    }

    void begin() { m_begun = Clock::now(); } ///< of writing one
    void end() {
        m_cost_s = seconds_since(m_begun);
        m_total_s += m_cost_s;
        start();
    }
    double total_s() const { return m_total_s; } ///< that all of them have taken, earlier attempts included
    void restore(double total_s) { m_total_s = total_s; }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr double largest_share = 0.005;
    static double seconds_since(Clock::time_point start) {
        return std::chrono::duration<double>(Clock::now() - start).count();
    }

    double m_every_s, m_cost_s = 0, m_total_s = 0;
    Clock::time_point m_last, m_begun;
};

} // namespace diapason
