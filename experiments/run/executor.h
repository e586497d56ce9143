// Executes runs and reports their events. Backends: the worker thread, isolated child processes; later a cluster.
// Everything above cannot tell them apart.
#pragma once

#include "experiments/run/engine.h"

#include <functional>
#include <memory>
#include <string>

namespace diapason {

/// One run to execute. `key` comes back with every event.
struct RunJob {
    std::int64_t key = 0;
    RunSpec spec;
    RunPlace place;
};

class Executor {
public:
    /// Events arrive on the executor's own threads, in order per run, never two at once.
    using Sink = std::function<void(std::int64_t key, RunEvent event)>;

    virtual ~Executor() = default;
    virtual void set_sink(Sink sink) = 0;              ///< before the first submit
    virtual int capacity() const = 0;                  ///< runs that it executes at a time
    virtual void submit(RunJob job) = 0;               ///< takes at most capacity() unfinished jobs
    virtual void stop(std::int64_t key, Stop why) = 0; ///< the run ends within one step, behind a checkpoint
    virtual void pause(std::int64_t key, bool paused) = 0;
    virtual std::string describe() const = 0; ///< "worker thread", "2 isolated processes"
};

/// LibTorch in one thread of this process: one run at a time. @param engine null = the library's, loaded by that thread
std::unique_ptr<Executor> make_thread_executor(Engine* engine = nullptr);
/// `diapason-cli run` children: one run a process, `processes` at a time (0 = one per core).
/// @param outlive a child whose parent is gone trains to its last step, for a later session to take over, instead of
/// stopping behind a checkpoint
std::unique_ptr<Executor> make_process_executor(int processes = 0, bool outlive = false);

} // namespace diapason
