#include "experiments/run/stored_queue.h"

namespace diapason {

void QueueStatus::add(QueueEntry entry) {
    finished += entry.state == RunState::finished;
    failed += entry.state == RunState::failed || entry.state == RunState::diverged;
    queued += entry.state == RunState::queued;
    running += !is_terminal(entry.state) && entry.state != RunState::queued;
    entries.push_back(std::move(entry));
}

double QueueStatus::share() const {
    if (entries.empty()) return 1;
    double done = 0;
    for (const QueueEntry& entry : entries) {
        done += is_terminal(entry.state) ? 1
                : entry.total_steps > 0  ? static_cast<double>(entry.step) / static_cast<double>(entry.total_steps)
                                         : 0;
    }
    return done / static_cast<double>(entries.size());
}

QueueEntry queue_entry(const RunLine& run) {
    QueueEntry entry;
    entry.run = run.id;
    entry.arm = run.arm;
    entry.arm_label = run.arm_label;
    entry.seed = run.seed;
    entry.state = run.state;
    entry.step = run.steps_done;
    entry.total_steps = run.steps_total;
    if (is_terminal(entry.state)) entry.elapsed_s = static_cast<double>(run.elapsed_ms) / 1000;
    entry.message = run.message;
    return entry;
}

QueueStatus stored_queue(const StoreReader& reader, RowId study) {
    QueueStatus status;
    for (const RunLine& run : reader.run_lines(study))
        status.add(queue_entry(run));
    return status;
}

} // namespace diapason
