#include "experiments/run/study_session.h"

#include "core/store/run_folder.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "experiments/run/inputs.h"
#include "experiments/run/stored_queue.h"
#include "experiments/run/study_rows.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace diapason {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

const char* name_of(Severity severity) {
    switch (severity) {
    case Severity::info:
        return "info";
    case Severity::warning:
        return "warning";
    case Severity::error:
        return "error";
    }
    return "info";
}

// What the queue knows of one run beside what it shows.
struct Item {
    QueueEntry entry;
    RunSpec spec;
    std::filesystem::path folder;
    Clock::time_point started;
    double total_s = 0;        // of a finished one
    std::optional<Error> lost; // why rows of it could not be stored
};

} // namespace

struct StudySession::Impl : std::enable_shared_from_this<StudySession::Impl> {
    Impl(Store& to, std::unique_ptr<Executor> runs_on) : store(to), executor(std::move(runs_on)) {}

    void listen_to_store() {
        store.on_stall([weak = weak_from_this()](const std::string& why) {
            if (const auto self = weak.lock()) self->stall(why);
        });
        store.on_loss([weak = weak_from_this()](RowId run, const Error& why) {
            if (const auto self = weak.lock()) self->lose(run, why);
        });
    }

    void handle(RowId run, RunEvent event) {
        bool queue_moved = false;
        bool all_done = false;
        Listener heard;
        {
            const std::lock_guard guard(mutex);
            Item& item = items.at(index.at(run));
            if (auto* change = std::get_if<StateChanged>(&event); change && item.lost)
                blame_the_loss(*item.lost, *change);
            store_event(item, event);
            queue_moved = update(item, event);
            if (queue_moved) submit_next();
            all_done = nothing_left();
            heard = listener;
        }
        if (heard.event) heard.event(run, event);
        if (queue_moved && heard.queue_changed) heard.queue_changed();
        if (all_done) finish();
    }

    bool nothing_left() const { return started && active == 0 && (stopping || waiting() == 0); }

    static std::string words_for_loss(const Error& why) {
        return std::string("its results could not be stored: ") + why.what();
    }

    // The store stopped it, or it ended without having been stored.
    static void blame_the_loss(const Error& why, StateChanged& change) {
        if (!is_terminal(change.state) || change.state == RunState::failed) return;
        change = {RunState::failed, words_for_loss(why), why.kind(), {}};
    }

    // Nothing can be stored (empty: it can again). The runs wait, so that not too much has to be kept for later.
    void stall(const std::string& why) {
        Listener heard;
        {
            const std::lock_guard guard(mutex);
            if (executor == nullptr || stalled == why) return;
            if (why.empty() != stalled.empty())
                store.append_event(study, 0, why.empty() ? "info" : "warning",
                                   why.empty() ? "results can be stored again; the runs go on"
                                               : "the runs wait until results can be stored: " + why);
            stalled = why;
            hold_runs();
            heard = listener;
        }
        if (heard.queue_changed) heard.queue_changed();
    }

    void lose(RowId run, const Error& why) {
        Listener heard;
        {
            const std::lock_guard guard(mutex);
            const auto found = index.find(run);
            if (executor == nullptr || found == index.end()) return;
            Item& item = items[found->second];
            if (item.lost) return;
            item.lost = why;
            if (!is_terminal(item.entry.state)) {
                executor->stop(run, Stop::interrupt);
            } else if (item.entry.state == RunState::finished) { // as the store records it
                item.entry.state = RunState::failed;
                item.entry.message = words_for_loss(why);
                item.entry.error = why.kind();
            }
            heard = listener;
        }
        if (heard.queue_changed) heard.queue_changed();
    }

    // The stored runs in the order in which they were planned; those that have not come to their end wait again. Only
    // these are read in full.
    void take_up(const StoreReader& reader) {
        std::vector<RunLine> runs = reader.run_lines(study);
        std::sort(runs.begin(), runs.end(), [](const RunLine& a, const RunLine& b) { return a.id < b.id; });
        std::vector<RowId> again;
        for (RunLine& run : runs) {
            Item item;
            if (can_go_on(run.state)) {
                if (run.state != RunState::queued) again.push_back(run.id);
                run.state = RunState::queued;
                run.message.clear();
                item.spec = run_spec_from_json(reader.run(run.id)->spec, "run " + std::to_string(run.id));
            }
            item.entry = queue_entry(run);
            item.total_s = item.entry.elapsed_s;
            item.folder = store.files_folder() / run.uuid;
            index[run.id] = items.size();
            items.push_back(std::move(item));
        }
        if (waiting() == 0) return;
        reader.each_run(study, [&](RunRecord& run) { add_inputs(run.environment, inputs); });
        if (!again.empty()) store.requeue(again);
    }

    bool held() const { return paused || !stalled.empty(); }

    // Lets running runs halt at their next step or go on.
    void hold_runs() {
        for (const Item& item : items) {
            if (!is_terminal(item.entry.state) && item.entry.state != RunState::queued)
                executor->pause(item.entry.run, held());
        }
        submit_next();
    }

    void store_event(Item& item, const RunEvent& event) {
        const RowId run = item.entry.run;
        if (const auto* points = std::get_if<MetricPoints>(&event)) {
            std::vector<PointRow> rows;
            rows.reserve(points->points.size());
            for (const MetricPoint& p : points->points)
                rows.push_back({p.name, p.step, p.wall_s, p.value});
            store.append_points(run, std::move(rows));
        } else if (const auto* began = std::get_if<RunBegan>(&event)) {
            store.set_began(run, {began->total_steps, began->first_step, began->trained, began->stored,
                                  began->stored_bits, began->head, began->environment});
        } else if (const auto* progress = std::get_if<Progress>(&event)) {
            store.set_progress(run, progress->step);
        } else if (const auto* predictions = std::get_if<Predictions>(&event)) {
            std::vector<PredictionRecord> rows;
            rows.reserve(predictions->items.size());
            for (const Prediction& p : predictions->items)
                rows.push_back({predictions->split, predictions->dataset, predictions->step, p.item, p.predicted,
                                p.expected, p.score, p.detail.is_null() ? std::string() : p.detail.dump()});
            store.append_predictions(run, std::move(rows));
        } else if (const auto* artifact = std::get_if<ArtifactWritten>(&event)) {
            store.append_artifact(
                {run, artifact->kind, artifact->path, artifact->sha256, artifact->bytes, artifact->step});
        } else if (const auto* line = std::get_if<LogLine>(&event)) {
            store.append_event(study, run, name_of(line->severity), line->text);
        } else if (const auto* change = std::get_if<StateChanged>(&event)) {
            if (change->state == RunState::starting) return; // begin_attempt has said so
            store.set_state(run, change->state, change->message, change->summary);
            // Only when the result is on disk: until then the checkpoint is all that there is.
            if (change->state == RunState::finished) {
                store.when_stored(run, [folder = item.folder](bool stored) {
                    if (stored) remove_checkpoints(folder);
                });
            }
            if (is_terminal(change->state)) {
                const bool good = change->state == RunState::finished || change->state == RunState::cancelled ||
                                  change->state == RunState::interrupted;
                store.append_event(study, run, good ? "info" : "error",
                                   item.entry.arm_label + ", seed " + std::to_string(item.entry.seed) + " " +
                                       diapason::name_of(change->state) +
                                       (change->message.empty() ? "" : ": " + change->message));
            }
        }
    }

    // @return true when the queue's shape or progress changed
    bool update(Item& item, const RunEvent& event) {
        QueueEntry& entry = item.entry;
        if (const auto* began = std::get_if<RunBegan>(&event)) {
            entry.step = began->first_step;
            entry.total_steps = began->total_steps;
            add_inputs(began->environment, inputs);
            return true;
        }
        if (const auto* progress = std::get_if<Progress>(&event)) {
            entry.step = progress->step;
            entry.total_steps = progress->total_steps;
            return true;
        }
        const auto* change = std::get_if<StateChanged>(&event);
        if (change == nullptr) return false;
        entry.state = change->state;
        entry.message = change->message;
        entry.error = change->error;
        if (is_terminal(change->state)) {
            item.total_s = since(item.started);
            entry.elapsed_s = item.total_s;
            if (change->state == RunState::finished) entry.step = entry.total_steps;
            --active;
        }
        return true;
    }

    std::size_t waiting() const {
        return static_cast<std::size_t>(std::count_if(
            items.begin(), items.end(), [](const Item& item) { return item.entry.state == RunState::queued; }));
    }

    void submit_next() {
        if (!started || stopping || held()) return;
        for (Item& item : items) {
            if (active >= executor->capacity()) return;
            if (item.entry.state != RunState::queued) continue;
            item.entry.state = RunState::starting;
            item.started = Clock::now();
            ++active;
            store.begin_attempt(item.entry.run);
            const auto task = tasks.find(item.spec.task);
            executor->submit({item.entry.run,
                              item.spec,
                              {item.folder, policy, inputs, task == tasks.end() ? Json() : task->second}});
        }
    }

    void cancel_waiting(Item& item) {
        item.entry.state = RunState::cancelled;
        item.entry.message = "cancelled before it started";
        store.set_state(item.entry.run, RunState::cancelled, item.entry.message, {});
    }

    // When all is stored; who stops does not wait until there is room for it.
    void finish() {
        {
            const std::lock_guard guard(mutex);
            if (!stopping) {
                if (std::exchange(finishing, true)) return;
                store.when_stored(0, [weak = weak_from_this()](bool) {
                    if (const auto self = weak.lock()) self->conclude();
                });
                return;
            }
        }
        conclude();
    }

    void conclude() {
        Listener heard;
        {
            const std::lock_guard guard(mutex);
            if (ending) return;
            ending = true;
            heard = listener;
        }
        // Told before anybody who waits goes on, so that wait() also means that the listener knows.
        if (heard.done) heard.done();
        {
            const std::lock_guard guard(mutex);
            done = true;
        }
        wake.notify_all();
    }

    // Seconds a run takes: of its arm's finished runs, else of all finished ones, else extrapolated from a running one.
    std::optional<double> expected_seconds(const Item& item) const {
        double own = 0, all = 0;
        int own_count = 0, all_count = 0;
        for (const Item& other : items) {
            double seconds = 0;
            if (other.entry.state == RunState::finished)
                seconds = other.total_s;
            else if (other.entry.state == RunState::running && other.entry.total_steps > 0 &&
                     other.entry.step * 10 >= other.entry.total_steps) {
                seconds = since(other.started) * static_cast<double>(other.entry.total_steps) /
                          static_cast<double>(other.entry.step);
            }
            if (seconds <= 0) continue;
            all += seconds;
            ++all_count;
            if (other.entry.arm == item.entry.arm) {
                own += seconds;
                ++own_count;
            }
        }
        if (own_count > 0) return own / own_count;
        if (all_count > 0) return all / all_count;
        return {};
    }

    Store& store;
    std::unique_ptr<Executor> executor;
    RowId study = 0;
    RunPolicy policy;
    Json inputs = Json::array();       ///< of all runs of the study that have begun
    std::map<std::string, Json> tasks; ///< definitions by the names in specifications
    mutable std::mutex mutex;
    std::condition_variable wake;
    std::vector<Item> items;
    std::map<RowId, std::size_t> index;
    Listener listener;
    int active = 0;
    bool started = false, paused = false, stopping = false, finishing = false, ending = false, done = false;
    std::string stalled; // why the store cannot write
    Clock::time_point start_time;
};

StudySession::StudySession(Store& store, std::unique_ptr<Executor> executor, const Plan& plan,
                           std::optional<RowId> study_id, const RunPolicy& policy)
    : m_impl(std::make_shared<Impl>(store, std::move(executor))) {
    m_impl->policy = policy;
    plan.require_sound(plan.study.title);
    for (const auto& [name, task] : plan.tasks)
        m_impl->tasks[name] = plan.task_definition(name);
    m_impl->study = study_id ? *study_id : store.create_study(rows_of(plan, m_impl->tasks)).study;
    if (study_id) store.flush();
    m_impl->take_up(StoreReader(store.file()));
    m_impl->executor->set_sink(
        [impl = m_impl.get()](std::int64_t run, RunEvent event) { impl->handle(run, std::move(event)); });
    m_impl->listen_to_store();
}

StudySession::~StudySession() {
    interrupt_all();
    wait();
    m_impl->store.on_stall({});
    m_impl->store.on_loss({});
    std::unique_ptr<Executor> executor;
    {
        const std::lock_guard guard(m_impl->mutex);
        executor = std::move(m_impl->executor);
    }
    executor.reset(); // joins its threads before what they call goes away
}

void StudySession::set_listener(Listener listener) {
    const std::lock_guard guard(m_impl->mutex);
    m_impl->listener = std::move(listener);
}

void StudySession::start() {
    bool nothing = false;
    {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->started = true;
        m_impl->start_time = Clock::now();
        m_impl->store.append_event(m_impl->study, 0, "info",
                                   "started: " + std::to_string(m_impl->waiting()) + " runs, " +
                                       m_impl->executor->describe());
        m_impl->submit_next();
        nothing = m_impl->nothing_left();
    }
    if (nothing) m_impl->finish();
}

void StudySession::pause(bool paused) {
    std::function<void()> changed;
    {
        const std::lock_guard guard(m_impl->mutex);
        m_impl->paused = paused;
        m_impl->hold_runs();
        changed = m_impl->listener.queue_changed;
    }
    if (changed) changed();
}

void StudySession::cancel_run(RowId run) {
    bool nothing_left = false;
    std::function<void()> changed;
    {
        const std::lock_guard guard(m_impl->mutex);
        const auto found = m_impl->index.find(run);
        if (found == m_impl->index.end()) return;
        Item& item = m_impl->items[found->second];
        if (item.entry.state == RunState::queued)
            m_impl->cancel_waiting(item);
        else if (!is_terminal(item.entry.state))
            m_impl->executor->stop(run, Stop::cancel);
        nothing_left = m_impl->nothing_left();
        changed = m_impl->listener.queue_changed;
    }
    if (changed) changed();
    if (nothing_left) m_impl->finish();
}

void StudySession::cancel_all() {
    stop_all(Stop::cancel);
}

void StudySession::interrupt_all() {
    stop_all(Stop::interrupt);
}

void StudySession::stop_all(Stop why) {
    bool nothing_runs = false;
    std::function<void()> changed;
    {
        const std::lock_guard guard(m_impl->mutex);
        if (m_impl->done) return;
        m_impl->stopping = true;
        for (Item& item : m_impl->items) {
            if (item.entry.state == RunState::queued) {
                if (m_impl->started && why == Stop::cancel) m_impl->cancel_waiting(item);
            } else if (!is_terminal(item.entry.state)) {
                m_impl->executor->stop(item.entry.run, why);
            }
        }
        nothing_runs = m_impl->active == 0;
        changed = m_impl->listener.queue_changed;
    }
    if (changed) changed();
    if (nothing_runs) m_impl->finish();
}

bool StudySession::wait(std::chrono::milliseconds timeout) {
    std::unique_lock guard(m_impl->mutex);
    const auto is_done = [&] { return m_impl->done; };
    if (timeout == std::chrono::milliseconds::max()) {
        m_impl->wake.wait(guard, is_done);
        return true;
    }
    return m_impl->wake.wait_for(guard, timeout, is_done);
}

RowId StudySession::study_id() const {
    return m_impl->study;
}

QueueStatus StudySession::status() const {
    const std::lock_guard guard(m_impl->mutex);
    QueueStatus status;
    status.paused = m_impl->paused;
    status.stalled = m_impl->stalled;
    status.elapsed_s = m_impl->started ? since(m_impl->start_time) : 0;
    double remaining = 0;
    bool known = true;
    for (const Item& item : m_impl->items) {
        QueueEntry entry = item.entry;
        const bool running = !is_terminal(entry.state) && entry.state != RunState::queued;
        if (running) entry.elapsed_s = since(item.started);
        if (running || entry.state == RunState::queued) {
            if (const auto seconds = m_impl->expected_seconds(item)) {
                entry.remaining_s = std::max(0.0, *seconds - (running ? entry.elapsed_s : 0));
                remaining += *entry.remaining_s;
            } else {
                known = false;
            }
        }
        status.add(std::move(entry));
    }
    if (known && status.running + status.queued > 0) {
        const double slots =
            std::min<double>(m_impl->executor->capacity(), static_cast<double>(status.running + status.queued));
        // Arms differ in speed and the machine's load moves: a fifth either way covers what was seen.
        status.remaining_low_s = 0.8 * remaining / slots;
        status.remaining_high_s = 1.25 * remaining / slots;
    }
    return status;
}

std::string StudySession::executor_description() const {
    return m_impl->executor->describe();
}

} // namespace diapason
