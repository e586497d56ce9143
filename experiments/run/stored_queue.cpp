#include "experiments/run/stored_queue.h"

#include <map>

namespace diapason {

void QueueStatus::add(QueueEntry entry) {
    finished += entry.state == RunState::finished;
    failed += entry.state == RunState::failed || entry.state == RunState::diverged;
    queued += entry.state == RunState::queued;
    running += !is_terminal(entry.state) && entry.state != RunState::queued;
    entries.push_back(std::move(entry));
}

QueueEntry queue_entry(const RunRecord& run, const std::string& arm_label) {
    QueueEntry entry;
    entry.run = run.id;
    entry.arm = run.arm;
    entry.arm_label = arm_label;
    entry.seed = run.seed;
    entry.state = run.state;
    entry.step = run.steps_done;
    entry.total_steps = run.steps_total;
    if (is_terminal(entry.state) && run.finished_ms > 0)
        entry.elapsed_s = static_cast<double>(run.finished_ms - run.started_ms) / 1000;
    entry.message = run.message;
    return entry;
}

QueueStatus stored_queue(const StoreReader& reader, RowId study) {
    std::map<RowId, std::string> labels;
    for (const ArmRecord& arm : reader.arms(study))
        labels[arm.id] = arm.label;
    QueueStatus status;
    for (const RunRecord& run : reader.runs(study))
        status.add(queue_entry(run, labels[run.arm]));
    return status;
}

} // namespace diapason
