// A study at work: its queue, its executor, and the store that receives every event. One at a time per database.
#pragma once

#include "core/store/records.h"
#include "experiments/run/executor.h"
#include "experiments/study/plan.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

class Store;

/// What a view shows of one run of the queue.
struct QueueEntry {
    RowId run = 0;
    RowId arm = 0;
    std::string arm_label;
    std::uint64_t seed = 0;
    RunState state = RunState::queued;
    std::int64_t step = 0, total_steps = 0;
    double elapsed_s = 0;              ///< of the current attempt
    std::optional<double> remaining_s; ///< of this run; estimated once a first run of any arm has progressed
    std::string message;
    ErrorKind error = ErrorKind::internal; ///< meaningful for failed
};

/// The whole queue. ETA is a range: lower and upper estimate of the seconds until the last run ends.
struct QueueStatus {
    std::vector<QueueEntry> entries;
    std::size_t finished = 0, failed = 0, running = 0, queued = 0; ///< failed counts diverged too
    std::optional<double> remaining_low_s, remaining_high_s;
    double elapsed_s = 0;
    bool paused = false;
    std::string stalled; ///< why results cannot be stored at present, so that the runs wait; empty: they can

    void add(QueueEntry entry); ///< and counts it
    std::size_t ended() const { return entries.size() - running - queued; }
    double share() const; ///< of all steps, runs counting alike, from 0 to 1; 1 when there is none
};

/// Thread-safe. Listeners are called on the session's threads.
class StudySession {
public:
    struct Listener {
        std::function<void(RowId run, const RunEvent&)> event; ///< after it was handed to the store
        std::function<void()> queue_changed;
        std::function<void()>
            done; ///< no run is queued or running any more; what they told is stored, unless the session was stopped
    };

    /// Writes study, arms and queued runs into the store at once (study_id: go on with a stored one: its unfinished
    /// runs are queued again, and go on from their checkpoints; see plan_of_stored). The executor is owned. Nothing
    /// runs before start(). @throws Error(config) when the plan has problems
    StudySession(Store& store, std::unique_ptr<Executor> executor, const Plan& plan, std::optional<RowId> study_id = {},
                 const RunPolicy& policy = {});
    ~StudySession(); ///< interrupts all runs and waits for their end

    void set_listener(Listener listener); ///< before start()
    void start();
    void pause(bool paused); ///< running runs halt at their next step, nothing new starts
    void cancel_run(RowId run);
    void cancel_all();
    /// Running runs leave a checkpoint and end as interrupted, waiting ones stay queued: the study can go on later.
    void interrupt_all();
    bool wait(std::chrono::milliseconds timeout = std::chrono::milliseconds::max()); ///< true when done

    RowId study_id() const;
    QueueStatus status() const;
    std::string executor_description() const;

private:
    void stop_all(Stop why);

    struct Impl;
    std::shared_ptr<Impl> m_impl; ///< the store's thread holds it while it tells something
};

} // namespace diapason
