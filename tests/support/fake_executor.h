// An executor whose runs are made of numbers instead of training: fast, scripted, with the real event stream.
#pragma once

#include "experiments/run/executor.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace diapason::testing {

/// What a scripted run sends; the last event must be terminal.
using Script = std::function<std::vector<RunEvent>(const RunJob&)>;

/// A run of `steps` points whose test accuracy follows from its seed and method.
inline std::vector<RunEvent> ordinary_run(const RunJob& job, std::int64_t steps = 5) {
    const double quality = 0.5 + 0.01 * double(job.spec.seed) + 0.03 * double(job.spec.method.size());
    std::vector<RunEvent> events = {StateChanged{RunState::starting, {}, {}, {}},
                                    RunBegan{steps, 100, 100, 3200, 36, {{"torch", "none"}}},
                                    StateChanged{RunState::running, {}, {}, {}}};
    for (std::int64_t step = 1; step <= steps; ++step) {
        events.push_back(MetricPoints{{{{"train", "", "loss"}, step, 0.1 * double(step), 1 / double(step)},
                                       {{"train", "", "learning_rate"}, step, 0.1 * double(step), 1e-3}}});
        events.push_back(Progress{step, steps});
    }
    events.push_back(MetricPoints{{{{"validation", "", "accuracy"}, steps, 0.6, quality},
                                   {{"test", "", "accuracy"}, steps, 0.7, quality - 0.01}}});
    events.push_back(Predictions{"test", "", steps, {{"item-1", "a", "b", 0}, {"item-2", "a", "a", 1}}});
    events.push_back(
        StateChanged{RunState::finished,
                     {},
                     {},
                     {{"metrics", to_json(std::vector<MetricValue>{{{"test", "", "accuracy"}, quality - 0.01},
                                                                   {{"validation", "", "accuracy"}, quality}})},
                      {"best_step", steps},
                      {"frozen_unchanged", true},
                      {"seconds", 0.7}}});
    return events;
}

class FakeExecutor : public Executor {
public:
    explicit FakeExecutor(Script script, int capacity = 1, bool held = false)
        : m_script(std::move(script)),
          m_capacity(capacity),
          m_held(held) {
        m_thread = std::thread([this] { work(); });
    }
    ~FakeExecutor() override {
        {
            const std::lock_guard guard(m_mutex);
            m_ends = true;
        }
        m_wake.notify_all();
        m_thread.join();
    }

    void set_sink(Sink sink) override { m_sink = std::move(sink); }
    int capacity() const override { return m_capacity; }
    void submit(RunJob job) override {
        {
            const std::lock_guard guard(m_mutex);
            m_jobs.push_back(std::move(job));
            most_at_once = std::max(most_at_once, m_jobs.size());
        }
        m_wake.notify_all();
    }
    void stop(std::int64_t key, Stop why) override {
        {
            const std::lock_guard guard(m_mutex);
            m_stopped[key] = why;
        }
        m_wake.notify_all();
    }
    void pause(std::int64_t key, bool on) override {
        const std::lock_guard guard(m_mutex);
        pauses.push_back({key, on});
    }
    std::string describe() const override { return "scripted runs"; }

    /// A held executor takes jobs but begins none until it is released.
    void release() {
        {
            const std::lock_guard guard(m_mutex);
            m_held = false;
        }
        m_wake.notify_all();
    }

    std::size_t most_at_once = 0;
    std::vector<std::pair<std::int64_t, bool>> pauses;

private:
    void work() {
        std::unique_lock guard(m_mutex);
        for (;;) {
            m_wake.wait(guard, [this] { return m_ends || (!m_jobs.empty() && (!m_held || stopped_first())); });
            if (m_jobs.empty()) return;
            if (m_ends && m_held) return;
            const RunJob job = m_jobs.front();
            const auto found = m_stopped.find(job.key);
            const Stop stop = found == m_stopped.end() ? Stop::none : found->second;
            guard.unlock();
            if (stop != Stop::none) {
                m_sink(job.key, StateChanged{RunState::starting, {}, {}, {}});
                forget();
                m_sink(job.key, StateChanged{stop == Stop::cancel ? RunState::cancelled : RunState::interrupted,
                                             "stopped at step 0",
                                             ErrorKind::cancelled,
                                             {}});
            } else {
                const std::vector<RunEvent> events = m_script(job);
                for (std::size_t i = 0; i < events.size(); ++i) {
                    if (i + 1 == events.size()) forget();
                    m_sink(job.key, events[i]);
                }
            }
            guard.lock();
        }
    }
    bool stopped_first() const { return m_stopped.count(m_jobs.front().key) != 0; }
    void forget() {
        const std::lock_guard guard(m_mutex);
        m_jobs.pop_front();
    }

    Script m_script;
    int m_capacity;
    Sink m_sink;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<RunJob> m_jobs;
    std::map<std::int64_t, Stop> m_stopped;
    bool m_held, m_ends = false;
    std::thread m_thread;
};

} // namespace diapason::testing
