// An executor that a test plays by hand: a run takes its next event when the test says so, and stops when it is told
// to.
#pragma once

#include "experiments/run/executor.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace diapason::testing {

/// What outlives the executor, so that a test may look at it when the session is over.
struct HandState {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<RunJob> jobs;                              ///< submitted, not ended
    std::deque<std::pair<std::int64_t, RunEvent>> events; ///< to be delivered by the executor's thread
    std::vector<std::pair<std::int64_t, bool>> pauses;
    std::vector<std::int64_t> cancels;
    bool ends = false;

    /// The run that is at work.
    RunJob job() {
        const std::lock_guard guard(mutex);
        return jobs.empty() ? RunJob{} : jobs.front();
    }
    /// An event of the run at work; a terminal one ends it.
    void send(RunEvent event) {
        const std::lock_guard guard(mutex);
        if (!jobs.empty()) post(jobs.front().key, std::move(event));
    }
    void send(std::vector<RunEvent> sent) {
        for (RunEvent& event : sent)
            send(std::move(event));
    }
    void post(std::int64_t key, RunEvent event) {
        const auto* change = std::get_if<StateChanged>(&event);
        if (change != nullptr && is_terminal(change->state))
            std::erase_if(jobs, [&](const RunJob& job) { return job.key == key; });
        events.emplace_back(key, std::move(event));
        wake.notify_all();
    }
};

class HandExecutor : public Executor {
public:
    explicit HandExecutor(std::shared_ptr<HandState> state) : m_state(std::move(state)) {
        m_thread = std::thread([this] { deliver(); });
    }
    ~HandExecutor() override {
        {
            const std::lock_guard guard(m_state->mutex);
            m_state->ends = true;
        }
        m_state->wake.notify_all();
        m_thread.join();
    }
    void set_sink(Sink sink) override { m_sink = std::move(sink); }
    int capacity() const override { return 1; }
    void submit(RunJob job) override {
        const std::lock_guard guard(m_state->mutex);
        m_state->jobs.push_back(std::move(job));
    }
    void stop(std::int64_t key, Stop why) override {
        const std::lock_guard guard(m_state->mutex);
        m_state->cancels.push_back(key);
        const RunState state = why == Stop::cancel ? RunState::cancelled : RunState::interrupted;
        m_state->post(key, StateChanged{state, "stopped", ErrorKind::cancelled, {}});
    }
    void pause(std::int64_t key, bool paused) override {
        const std::lock_guard guard(m_state->mutex);
        m_state->pauses.emplace_back(key, paused);
        m_state->post(key, StateChanged{paused ? RunState::paused : RunState::running, {}, {}, {}});
    }
    std::string describe() const override { return "runs played by hand"; }

private:
    void deliver() {
        std::unique_lock guard(m_state->mutex);
        for (;;) {
            m_state->wake.wait(guard, [this] { return m_state->ends || !m_state->events.empty(); });
            if (m_state->events.empty()) return;
            auto [key, event] = std::move(m_state->events.front());
            m_state->events.pop_front();
            guard.unlock(); // the session may submit the next run from within
            m_sink(key, std::move(event));
            guard.lock();
        }
    }
    std::shared_ptr<HandState> m_state;
    Sink m_sink;
    std::thread m_thread;
};

} // namespace diapason::testing
