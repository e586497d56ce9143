// The database with its one writing connection, which lives in a thread of its own. Any thread may call.
#pragma once

#include "core/store/records.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

/// A point as the store takes it.
struct PointRow {
    MetricName name;
    std::int64_t step = 0;
    double wall_s = 0;
    double value = 0;
};

class Store {
public:
    /// Opens or creates; takes the lock of the one writer; runs that a dead program left unfinished become
    /// `interrupted`.
    /// @throws Error(locked) naming the process that holds it; Error(storage|input|incompatible)
    explicit Store(const std::filesystem::path& file);
    ~Store(); ///< commits everything, gives the lock back

    const std::filesystem::path& file() const;
    /// Folder for the files of runs, beside the database: "<name>.files".
    std::filesystem::path files_folder() const;

    // Synchronous: committed when they return.
    /// Study, factors, arms and queued runs in one transaction.
    StudyIds create_study(const NewStudy& plan);
    void set_trashed(RowId id, bool trashed);
    void requeue(const std::vector<RowId>& runs); ///< unfinished runs back to `queued`

    // Asynchronous: in order, in batches of at most 250 ms. A state change is synced to disk.
    /// A new attempt of a queued run. What earlier ones have left stays until it says how it begins.
    void begin_attempt(RowId run);
    /// The attempt tells everything anew: points, predictions and artifacts of earlier ones go in the same transaction.
    void set_began(RowId run, const BeganRecord& began);
    void append_points(RowId run, std::vector<PointRow> points);
    void set_progress(RowId run, std::int64_t step);
    /// None replaces another: an item that is there already is an error of the writer, and none of them is stored.
    void append_predictions(RowId run, std::vector<PredictionRecord> items);
    void append_artifact(const ArtifactRecord& artifact);
    void append_event(RowId study, RowId run, const std::string& severity, const std::string& text);
    /// @throws Error(internal), as any writing error does later, when the state may not follow the run's own
    /// (may_follow)
    void set_state(RowId run, RunState state, const std::string& message, const Json& summary);

    /// Everything submitted so far is committed. @throws Error when writing has failed
    void flush();
    /// Called on the writer's thread after each commit, when readers see what it holds.
    /// @param state whether a run's state may have changed with it, not only points and progress
    void on_commit(std::function<void(bool state)> handler);
    /// Called once, on the writer's thread, when writing fails (full disk): `what` is the message.
    void on_error(std::function<void(const std::string& what)> handler);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Milliseconds since 1970-01-01 UTC.
std::int64_t now_ms();
/// 32 random hexadecimal digits.
std::string new_uuid();

} // namespace diapason
