#include "core/store/store.h"

#include "core/base/atomic_file.h"
#include "core/store/schema.h"
#include "core/store/store_reader.h"
#include "core/store/writer_lock.h"

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace diapason {
namespace {

constexpr auto batch_time = std::chrono::milliseconds(250);
constexpr std::size_t batch_jobs = 4096;

// "'failed','cancelled'", for SQL.
std::string names_of(const std::vector<RunState>& states) {
    std::string list;
    for (const RunState state : states)
        list += std::string(list.empty() ? "'" : ",'") + name_of(state) + "'";
    return list;
}

// The table of transitions is kept here, where every change of a state passes.
void require_transition(Connection& connection, RowId run, RunState to) {
    Statement statement(connection, "SELECT state FROM run WHERE id = ?");
    statement.bind(1, run);
    if (!statement.step()) throw Error(ErrorKind::internal, "there is no run " + std::to_string(run));
    const RunState from = run_state_from(statement.text(0));
    if (!may_follow(from, to)) {
        throw Error(ErrorKind::internal,
                    "run " + std::to_string(run) + " is " + name_of(from) + " and cannot become " + name_of(to));
    }
}

// Statements that points go through, prepared once.
class PointWriter {
public:
    explicit PointWriter(Connection& connection)
        : m_connection(connection),
          m_find(connection, "SELECT id FROM series WHERE run = ? AND split = ? AND dataset = ? AND metric = ?"),
          m_create(connection, "INSERT INTO series(run, split, dataset, metric) VALUES (?, ?, ?, ?)"),
          m_insert(
              connection,
              "INSERT INTO point(series, step, wall_s, value, kind) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING") {}

    void write(RowId run, const std::vector<PointRow>& points) {
        for (const PointRow& point : points) {
            m_insert.bind_all(series(run, point.name), point.step, point.wall_s);
            if (std::isfinite(point.value))
                m_insert.bind(4, point.value).bind_null(5);
            else
                m_insert.bind_null(4).bind(5, std::isnan(point.value)
                                                  ? std::string_view("nan")
                                                  : std::string_view(point.value > 0 ? "inf" : "-inf"));
            m_insert.run();
        }
    }
    void forget() { m_series.clear(); }

private:
    RowId series(RowId run, const MetricName& name) {
        const auto found = m_series.find({run, name});
        if (found != m_series.end()) return found->second;
        m_find.bind_all(run, name.split, name.dataset, name.metric);
        RowId id = m_find.step() ? m_find.integer(0) : 0;
        m_find.reset();
        if (id == 0) {
            m_create.bind_all(run, name.split, name.dataset, name.metric).run();
            id = m_connection.last_row_id();
        }
        return m_series[{run, name}] = id;
    }

    Connection& m_connection;
    Statement m_find, m_create, m_insert;
    std::map<std::pair<RowId, MetricName>, RowId> m_series;
};

} // namespace

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string new_uuid() {
    std::random_device random;
    std::string text;
    for (int i = 0; i < 4; ++i) {
        char part[9];
        std::snprintf(part, sizeof part, "%08x", static_cast<unsigned>(random()));
        text += part;
    }
    return text;
}

struct Store::Impl {
    using Job = std::function<void(Connection&, PointWriter&)>;
    struct Entry {
        Job job;
        bool durable = false;                     // ends its batch with a full sync
        std::shared_ptr<std::promise<void>> done; // synchronous jobs and flushes
    };

    explicit Impl(const std::filesystem::path& path) : file(path), lock(path) {
        connection = std::make_unique<Connection>(path, Connection::Mode::read_write);
        migrate(*connection);
        connection->execute("PRAGMA journal_mode = WAL");
        connection->execute("PRAGMA synchronous = NORMAL");
        connection->execute("PRAGMA foreign_keys = ON");
        connection->execute("PRAGMA cell_size_check = ON");
        connection->execute("PRAGMA wal_autocheckpoint = 0");
        interrupt_orphans();
        sweep_temporary_files(path.has_parent_path() ? path.parent_path() : ".");
        thread = std::thread([this] { work(); });
    }

    ~Impl() {
        {
            const std::lock_guard guard(mutex);
            stopping = true;
        }
        wake.notify_all();
        thread.join();
        sqlite3_wal_checkpoint_v2(connection->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    }

    // The lock is ours, so whoever was running these runs is gone.
    void interrupt_orphans() {
        Transaction transaction(*connection);
        connection->execute("UPDATE attempt SET ended_ms = " + std::to_string(now_ms()) +
                            ", state = 'interrupted', steps = (SELECT steps_done FROM run WHERE run.id = attempt.run) "
                            "WHERE ended_ms = 0");
        connection->execute(
            "UPDATE run SET state = 'interrupted', finished_ms = " + std::to_string(now_ms()) +
            ", message = 'the program ended while this run was at step ' || steps_done WHERE state IN (" +
            names_of(states_before(RunState::interrupted)) + ")");
        transaction.commit();
    }

    void submit(Job job, bool durable = false) {
        const std::lock_guard guard(mutex);
        queue.push_back({std::move(job), durable, nullptr});
        wake.notify_one();
    }

    void submit_and_wait(Job job) {
        auto promise = std::make_shared<std::promise<void>>();
        auto future = promise->get_future();
        {
            const std::lock_guard guard(mutex);
            queue.push_back({std::move(job), true, std::move(promise)});
            urgent = true;
        }
        wake.notify_one();
        future.get();
    }

    void work() {
        PointWriter points(*connection);
        std::unique_lock guard(mutex);
        while (true) {
            wake.wait(guard, [&] { return stopping || !queue.empty(); });
            // Wait a little for company, unless somebody is waiting for the answer.
            if (!stopping && !urgent)
                wake.wait_for(guard, batch_time, [&] { return stopping || urgent || queue.size() >= batch_jobs; });
            if (queue.empty() && stopping) return;
            std::deque<Entry> batch;
            batch.swap(queue);
            urgent = false;
            guard.unlock();
            write(batch, points);
            guard.lock();
        }
    }

    void write(std::deque<Entry>& batch, PointWriter& points) {
        std::exception_ptr problem;
        bool durable = false;
        for (const Entry& entry : batch)
            durable = durable || entry.durable;
        try {
            connection->execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            Transaction transaction(*connection);
            for (Entry& entry : batch)
                entry.job(*connection, points);
            transaction.commit();
            if (++commits % 64 == 0)
                sqlite3_wal_checkpoint_v2(connection->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        } catch (...) {
            problem = std::current_exception();
            points.forget(); // ids of series whose creation was rolled back
        }
        if (problem != nullptr && batch.size() > 1) {
            // One job's mistake must not take its neighbours with it.
            for (Entry& entry : batch) {
                std::deque<Entry> one;
                one.push_back(std::move(entry));
                write(one, points);
            }
            return;
        }
        if (problem == nullptr) tell_commit(durable);
        for (Entry& entry : batch) {
            if (entry.done == nullptr) continue;
            if (problem != nullptr)
                entry.done->set_exception(problem);
            else
                entry.done->set_value();
        }
        if (problem != nullptr && batch.front().done == nullptr) report(problem);
    }

    void tell_commit(bool state) {
        std::function<void(bool)> handler;
        {
            const std::lock_guard guard(mutex);
            handler = commit_handler;
        }
        if (handler) handler(state);
    }

    void report(const std::exception_ptr& problem) {
        try {
            std::rethrow_exception(problem);
        } catch (const std::exception& error) {
            std::function<void(const std::string&)> handler;
            {
                const std::lock_guard guard(mutex);
                if (!failed) failed = problem;
                handler = std::exchange(error_handler, nullptr);
            }
            if (handler) handler(error.what());
        }
    }

    std::filesystem::path file;
    WriterLock lock;
    std::unique_ptr<Connection> connection;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Entry> queue;
    bool urgent = false, stopping = false;
    std::exception_ptr failed;
    std::function<void(const std::string&)> error_handler;
    std::function<void(bool)> commit_handler;
    std::int64_t commits = 0;
    std::thread thread;
};

Store::Store(const std::filesystem::path& file) : m_impl(std::make_unique<Impl>(file)) {}
Store::~Store() = default;

const std::filesystem::path& Store::file() const {
    return m_impl->file;
}

std::filesystem::path Store::files_folder() const {
    return files_folder_of(m_impl->file);
}

StudyIds Store::create_study(const NewStudy& plan) {
    StudyIds ids;
    m_impl->submit_and_wait([&](Connection& c, PointWriter&) {
        ids = {};
        const std::int64_t now = now_ms();
        Statement(c,
                  "INSERT INTO study(uuid, title, document, tasks, created_ms, modified_ms) VALUES (?, ?, ?, ?, ?, ?)")
            .bind_all(plan.study.uuid, plan.study.title, plan.study.document.dump(), plan.study.tasks.dump(), now, now)
            .run();
        ids.study = c.last_row_id();
        Statement factor(c, "INSERT INTO factor(study, position, address, levels) VALUES (?, ?, ?, ?)");
        for (std::size_t i = 0; i < plan.factors.size(); ++i) {
            factor
                .bind_all(ids.study, static_cast<std::int64_t>(i), plan.factors[i].address,
                          plan.factors[i].levels.dump())
                .run();
        }
        Statement arm(c, "INSERT INTO arm(study, position, label, method, levels, colour_slot) "
                         "VALUES (?, ?, ?, ?, ?, ?)");
        for (std::size_t i = 0; i < plan.arms.size(); ++i) {
            arm.bind_all(ids.study, static_cast<std::int64_t>(i), plan.arms[i].label, plan.arms[i].method,
                         plan.arms[i].levels.dump(), std::int64_t{plan.arms[i].colour_slot})
                .run();
            ids.arms.push_back(c.last_row_id());
        }
        Statement run(c, "INSERT INTO run(uuid, study, arm, seed, state, spec, fingerprint, operations, created_ms) "
                         "VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?)");
        for (const RunRecord& record : plan.runs) {
            run.bind_all(record.uuid, ids.study, ids.arms.at(static_cast<std::size_t>(record.arm)),
                         static_cast<std::int64_t>(record.seed), record.spec.dump(), record.fingerprint,
                         record.operations, now)
                .run();
            ids.runs.push_back(c.last_row_id());
        }
    });
    return ids;
}

void Store::set_trashed(RowId id, bool trashed) {
    m_impl->submit_and_wait([&](Connection& c, PointWriter&) {
        Statement(c, "UPDATE study SET trashed = ? WHERE id = ?").bind_all(std::int64_t{trashed}, id).run();
    });
}

void Store::requeue(const std::vector<RowId>& runs) {
    m_impl->submit_and_wait([&](Connection& c, PointWriter&) {
        Statement s(c, "UPDATE run SET state = 'queued', message = '', finished_ms = 0 WHERE id = ? AND state IN (" +
                           names_of(states_before(RunState::queued)) + ")");
        for (const RowId run : runs)
            s.bind(1, run).run();
    });
}

void Store::begin_attempt(RowId run) {
    m_impl->submit(
        [run](Connection& c, PointWriter&) {
            require_transition(c, run, RunState::starting);
            Statement(c, "UPDATE run SET state = 'starting', attempt = attempt + 1, started_ms = ?, finished_ms = 0, "
                         "message = '' WHERE id = ?")
                .bind_all(now_ms(), run)
                .run();
            Statement(
                c, "INSERT INTO attempt(run, number, started_ms) SELECT id, attempt, started_ms FROM run WHERE id = ?")
                .bind(1, run)
                .run();
        },
        true);
}

void Store::set_began(RowId run, const BeganRecord& began) {
    m_impl->submit([=, environment = began.environment.dump()](Connection& c, PointWriter& points) {
        for (const char* table : {"series", "prediction", "artifact"})
            Statement(c, std::string("DELETE FROM ") + table + " WHERE run = ?").bind(1, run).run();
        points.forget();
        Statement(c,
                  "UPDATE run SET steps_total = ?, steps_done = ?, trained = ?, stored = ?, stored_bits = ?, head = ?, "
                  "environment = ?, summary = 'null' WHERE id = ?")
            .bind_all(began.steps_total, began.steps_done, began.trained, began.stored, began.stored_bits, began.head,
                      environment, run)
            .run();
    });
}

void Store::append_points(RowId run, std::vector<PointRow> rows) {
    m_impl->submit([run, rows = std::move(rows)](Connection&, PointWriter& points) { points.write(run, rows); });
}

void Store::set_progress(RowId run, std::int64_t step) {
    m_impl->submit([=](Connection& c, PointWriter&) {
        Statement(c, "UPDATE run SET steps_done = max(steps_done, ?) WHERE id = ?").bind_all(step, run).run();
    });
}

void Store::append_predictions(RowId run, std::vector<PredictionRecord> items) {
    m_impl->submit([run, items = std::move(items)](Connection& c, PointWriter&) {
        Statement s(c, "INSERT INTO prediction(run, split, dataset, item, step, predicted, expected, score) VALUES "
                       "(?, ?, ?, ?, ?, ?, ?, ?)");
        for (const PredictionRecord& item : items) {
            s.bind_all(run, item.split, item.dataset, item.item, item.step, item.predicted, item.expected, item.score)
                .run();
        }
    });
}

void Store::append_artifact(const ArtifactRecord& a) {
    m_impl->submit([a](Connection& c, PointWriter&) {
        Statement(c, "INSERT OR REPLACE INTO artifact(run, kind, path, sha256, bytes, step) VALUES (?, ?, ?, ?, ?, ?)")
            .bind_all(a.run, a.kind, a.path, a.sha256, a.bytes, a.step)
            .run();
    });
}

void Store::append_event(RowId study, RowId run, const std::string& severity, const std::string& text) {
    m_impl->submit([=](Connection& c, PointWriter&) {
        Statement s(c, "INSERT INTO event(study, run, at_ms, severity, text) VALUES (?, ?, ?, ?, ?)");
        s.bind(1, study).bind(3, now_ms()).bind(4, severity).bind(5, text);
        if (run == 0)
            s.bind_null(2);
        else
            s.bind(2, run);
        s.run();
    });
}

void Store::set_state(RowId run, RunState state, const std::string& message, const Json& summary) {
    m_impl->submit(
        [=, text = summary.dump()](Connection& c, PointWriter&) {
            require_transition(c, run, state);
            const std::int64_t ended_ms = is_terminal(state) ? now_ms() : 0;
            Statement(c, "UPDATE run SET state = ?, message = ?, summary = ?, finished_ms = ?, steps_done = CASE WHEN "
                         "?1 = 'finished' THEN steps_total ELSE steps_done END WHERE id = ?")
                .bind_all(std::string_view(name_of(state)), message, text, ended_ms, run)
                .run();
            if (!is_terminal(state)) return;
            Statement(c, "UPDATE attempt SET ended_ms = ?, state = ?, message = ?, steps = (SELECT steps_done FROM "
                         "run WHERE id = ?4) WHERE run = ?4 AND number = (SELECT attempt FROM run WHERE id = ?4)")
                .bind_all(ended_ms, std::string_view(name_of(state)), message, run)
                .run();
            if (state == RunState::finished)
                Statement(c, "DELETE FROM artifact WHERE run = ? AND kind = 'checkpoint'").bind(1, run).run();
        },
        true);
}

void Store::flush() {
    m_impl->submit_and_wait([](Connection&, PointWriter&) {});
    const std::lock_guard guard(m_impl->mutex);
    if (m_impl->failed) std::rethrow_exception(m_impl->failed);
}

void Store::on_commit(std::function<void(bool)> handler) {
    const std::lock_guard guard(m_impl->mutex);
    m_impl->commit_handler = std::move(handler);
}

void Store::on_error(std::function<void(const std::string&)> handler) {
    const std::lock_guard guard(m_impl->mutex);
    m_impl->error_handler = std::move(handler);
}

} // namespace diapason
