#include "core/store/store.h"

#include "core/base/atomic_file.h"
#include "core/store/backup.h"
#include "core/store/database_check.h"
#include "core/store/schema.h"
#include "core/store/store_reader.h"
#include "core/store/writer_lock.h"

#include <chrono>
#include <map>
#include <optional>
#include <random>

namespace diapason {
namespace {

using Clock = std::chrono::steady_clock; // durations: the calendar's clock may be set while a run computes
using Context = StoreWriter::Context;

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
    Impl(const std::filesystem::path& path, const StoreLimits& limits) : file(path), lock(path) {
        auto connection = std::make_unique<Connection>(path, Connection::Mode::read_write);
        const std::int64_t version = connection->value("PRAGMA user_version");
        if (version > 0) {
            check_schema(*connection);
            require_sound_structure(*connection);
            require_own_tables(*connection);
            require_own_schema(*connection);
        }
        if (version > 0 && version < schema_version) back_up(path, false);
        migrate(*connection);
        connection->execute("PRAGMA journal_mode = WAL");
        connection->execute("PRAGMA synchronous = NORMAL");
        connection->execute("PRAGMA foreign_keys = ON");
        connection->execute("PRAGMA cell_size_check = ON");
        connection->execute("PRAGMA wal_autocheckpoint = 0");
        remember_as_sound(path, true);
        interrupt_orphans(*connection);
        sweep_temporary_files(path.has_parent_path() ? path.parent_path() : ".");
        writer.emplace(std::move(connection), limits);
        backup.emplace(path);
    }

    ~Impl() {
        backup.reset();
        writer.reset();
        remember_as_sound(file, true);
    }

    // The lock is ours, so whoever was running these runs is gone.
    static void interrupt_orphans(Connection& connection) {
        Transaction transaction(connection);
        connection.execute("UPDATE attempt SET ended_ms = " + std::to_string(now_ms()) +
                           ", state = 'interrupted', steps = (SELECT steps_done FROM run WHERE run.id = attempt.run) "
                           "WHERE ended_ms = 0");
        connection.execute(
            "UPDATE run SET state = 'interrupted', finished_ms = " + std::to_string(now_ms()) +
            ", message = 'the program ended while this run was at step ' || steps_done WHERE state IN (" +
            names_of(states_before(RunState::interrupted)) + ")");
        transaction.commit();
    }

    std::filesystem::path file;
    WriterLock lock;
    std::map<RowId, Clock::time_point> begun; // the current attempts; thread of the writer
    std::optional<StoreWriter> writer;
    std::optional<DailyBackup> backup;
};

Store::Store(const std::filesystem::path& file, const StoreLimits& limits)
    : m_impl(std::make_unique<Impl>(file, limits)) {}
Store::~Store() = default;

const std::filesystem::path& Store::file() const {
    return m_impl->file;
}

std::filesystem::path Store::files_folder() const {
    return files_folder_of(m_impl->file);
}

StudyIds Store::create_study(const NewStudy& plan) {
    StudyIds ids;
    m_impl->writer->submit_and_wait([&](Context& x) {
        Connection& c = x.connection;
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
    m_impl->writer->submit_and_wait([&](Context& x) {
        Connection& c = x.connection;
        Statement(c, "UPDATE study SET trashed = ? WHERE id = ?").bind_all(std::int64_t{trashed}, id).run();
    });
}

void Store::requeue(const std::vector<RowId>& runs) {
    m_impl->writer->submit_and_wait([&](Context& x) {
        Connection& c = x.connection;
        Statement s(c, "UPDATE run SET state = 'queued', message = '', finished_ms = 0 WHERE id = ? AND state IN (" +
                           names_of(states_before(RunState::queued)) + ")");
        for (const RowId run : runs)
            s.bind(1, run).run();
    });
}

void Store::begin_attempt(RowId run) {
    m_impl->writer->submit(run, 0, true, [impl = m_impl.get(), run, at = now_ms(), begun = Clock::now()](Context& x) {
        require_transition(x.connection, run, RunState::starting);
        x.lost.erase(run); // it tells everything anew
        impl->begun[run] = begun;
        Statement(x.connection,
                  "UPDATE run SET state = 'starting', attempt = attempt + 1, started_ms = ?, finished_ms = 0, "
                  "elapsed_ms = 0, message = '' WHERE id = ?")
            .bind_all(at, run)
            .run();
        Statement(x.connection,
                  "INSERT INTO attempt(run, number, started_ms) SELECT id, attempt, started_ms FROM run WHERE id = ?")
            .bind(1, run)
            .run();
    });
}

void Store::set_began(RowId run, const BeganRecord& began) {
    std::string environment = began.environment.dump();
    const std::size_t bytes = environment.size();
    m_impl->writer->submit(run, bytes, false, [=, environment = std::move(environment)](Context& x) {
        for (const char* table : {"series", "prediction", "artifact"})
            Statement(x.connection, std::string("DELETE FROM ") + table + " WHERE run = ?").bind(1, run).run();
        x.points.forget();
        Statement(x.connection,
                  "UPDATE run SET steps_total = ?, steps_done = ?, trained = ?, stored = ?, stored_bits = ?, head = ?, "
                  "environment = ?, summary = 'null' WHERE id = ?")
            .bind_all(began.steps_total, began.steps_done, began.trained, began.stored, began.stored_bits, began.head,
                      environment, run)
            .run();
    });
}

void Store::append_points(RowId run, std::vector<PointRow> rows) {
    const std::size_t bytes = rows.size() * (sizeof(PointRow) + 32); // and names that do not fit into their string
    m_impl->writer->submit(run, bytes, false, [run, rows = std::move(rows)](Context& x) { x.points.write(run, rows); });
}

void Store::set_progress(RowId run, std::int64_t step) {
    m_impl->writer->submit(run, 0, false, [=](Context& x) {
        Statement(x.connection, "UPDATE run SET steps_done = max(steps_done, ?) WHERE id = ?")
            .bind_all(step, run)
            .run();
    });
}

void Store::append_predictions(RowId run, std::vector<PredictionRecord> items) {
    std::size_t bytes = items.size() * sizeof(PredictionRecord);
    for (const PredictionRecord& item : items)
        bytes += item.item.size() + item.predicted.size() + item.expected.size() + item.detail.size();
    m_impl->writer->submit(run, bytes, false, [run, items = std::move(items)](Context& x) {
        Statement s(x.connection, "INSERT INTO prediction(run, split, dataset, item, step, predicted, expected, score, "
                                  "detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''))"); // NaN is NULL in SQLite
        for (const PredictionRecord& item : items) {
            s.bind_all(run, item.split, item.dataset, item.item, item.step, item.predicted, item.expected, item.score,
                       item.detail)
                .run();
        }
    });
}

void Store::append_artifact(const ArtifactRecord& a) {
    m_impl->writer->submit(a.run, 0, false, [a](Context& x) {
        Statement(x.connection,
                  "INSERT OR REPLACE INTO artifact(run, kind, path, sha256, bytes, step) VALUES (?, ?, ?, ?, ?, ?)")
            .bind_all(a.run, a.kind, a.path, a.sha256, a.bytes, a.step)
            .run();
    });
}

void Store::append_event(RowId study, RowId run, const std::string& severity, const std::string& text) {
    m_impl->writer->submit(run, text.size(), false, [=, at = now_ms()](Context& x) {
        Statement s(x.connection, "INSERT INTO event(study, run, at_ms, severity, text) VALUES (?, ?, ?, ?, ?)");
        s.bind(1, study).bind(3, at).bind(4, severity).bind(5, text);
        if (run == 0)
            s.bind_null(2);
        else
            s.bind(2, run);
        s.run();
    });
}

void Store::set_state(RowId run, RunState state, const std::string& message, const Json& summary) {
    const auto job = [=, impl = m_impl.get(), summary = summary.dump(), at = now_ms(), now = Clock::now()](Context& x) {
        const auto lost = x.lost.find(run);
        const bool incomplete = state == RunState::finished && lost != x.lost.end();
        const RunState to = incomplete ? RunState::failed : state;
        const std::string why = incomplete ? "its results could not be stored: " + lost->second : message;
        require_transition(x.connection, run, to);
        const bool ends = is_terminal(to);
        const auto begun = impl->begun.find(run);
        const std::int64_t elapsed_ms =
            !ends || begun == impl->begun.end()
                ? 0
                : std::chrono::duration_cast<std::chrono::milliseconds>(now - begun->second).count();
        Statement(x.connection,
                  "UPDATE run SET state = ?, message = ?, summary = ?, finished_ms = ?, elapsed_ms = ?, "
                  "steps_done = CASE WHEN ?1 = 'finished' THEN steps_total ELSE steps_done END WHERE id = ?")
            .bind_all(std::string_view(name_of(to)), why, std::string_view(incomplete ? "null" : summary.c_str()),
                      ends ? at : 0, elapsed_ms, run)
            .run();
        if (!ends) return;
        Statement(x.connection,
                  "UPDATE attempt SET ended_ms = ?, elapsed_ms = ?, state = ?, message = ?, steps = (SELECT steps_done "
                  "FROM run WHERE id = ?5) WHERE run = ?5 AND number = (SELECT attempt FROM run WHERE id = ?5)")
            .bind_all(at, elapsed_ms, std::string_view(name_of(to)), why, run)
            .run();
        if (to == RunState::finished)
            Statement(x.connection, "DELETE FROM artifact WHERE run = ? AND kind = 'checkpoint'").bind(1, run).run();
    };
    m_impl->writer->submit(run, message.size() + summary.size(), true, job);
}

void Store::flush() {
    m_impl->writer->submit_and_wait(nullptr);
    if (const std::exception_ptr loss = m_impl->writer->first_loss()) std::rethrow_exception(loss);
}

void Store::when_stored(RowId run, std::function<void(bool)> then) {
    m_impl->writer->after(run, std::move(then));
}

void Store::on_commit(std::function<void(bool)> handler) {
    m_impl->writer->listen([&](WriterListener& listener) { listener.committed = std::move(handler); });
}
void Store::on_stall(std::function<void(const std::string&)> handler) {
    m_impl->writer->listen([&](WriterListener& listener) { listener.stalled = std::move(handler); });
}
void Store::on_loss(std::function<void(RowId, const Error&)> handler) {
    m_impl->writer->listen([&](WriterListener& listener) { listener.lost = std::move(handler); });
}

} // namespace diapason
