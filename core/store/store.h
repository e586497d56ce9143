// The database with its one writing connection, which lives in a thread of its own. Any thread may call.
#pragma once

#include "core/store/store_writer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

class Store {
public:
    /// Opens or creates; takes the lock of the one writer; runs that a dead program left unfinished become
    /// `interrupted`.
    /// @throws Error(locked) naming the process that holds it; Error(storage|input|incompatible)
    explicit Store(const std::filesystem::path& file, const StoreLimits& limits = {});
    ~Store(); ///< commits everything, unless that cannot be done at once; gives the lock back

    const std::filesystem::path& file() const;
    /// Folder for the files of runs, beside the database: "<name>.files".
    std::filesystem::path files_folder() const;

    // Synchronous: committed when they return.
    /// Study, factors, arms and queued runs in one transaction.
    StudyIds create_study(const NewStudy& plan);
    void set_trashed(RowId id, bool trashed);
    void requeue(const std::vector<RowId>& runs); ///< unfinished runs back to `queued`

    // Asynchronous: in order, in batches of at most 250 ms. A state change is synced to disk. What cannot be stored for
    // now is kept and tried again (StoreLimits).
    /// A new attempt of a queued run. What earlier ones have left stays until it says how it begins.
    void begin_attempt(RowId run);
    /// The attempt tells everything anew: points, predictions and artifacts of earlier ones go in the same transaction.
    void set_began(RowId run, const BeganRecord& began);
    void append_points(RowId run, std::vector<PointRow> points);
    void set_progress(RowId run, std::int64_t step);
    /// None replaces another: an item that is there already is a defect of the writer, and none of them is stored.
    void append_predictions(RowId run, std::vector<PredictionRecord> items);
    void append_artifact(const ArtifactRecord& artifact);
    void append_event(RowId study, RowId run, const std::string& severity, const std::string& text);
    /// A state that may not follow the run's own (may_follow) is refused, which counts as a loss. A run of which rows
    /// were lost becomes failed instead of finished.
    void set_state(RowId run, RunState state, const std::string& message, const Json& summary);

    /// Everything submitted so far is committed. @throws Error when nothing can be stored at present, and when anything
    /// was lost since the store was opened
    void flush();
    /// `then` is called on the writer's thread when everything submitted so far is committed or given up.
    /// @param run of which no row may be lost for `stored` to be true; 0 = of any
    void when_stored(RowId run, std::function<void(bool stored)> then);

    // Whom the writer tells, on its own thread; store_writer.h says when. Null: nobody.
    void on_commit(std::function<void(bool state)> handler);
    void on_stall(std::function<void(const std::string& why)> handler);
    void on_loss(std::function<void(RowId run, const Error& why)> handler);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Milliseconds since 1970-01-01 UTC.
std::int64_t now_ms();
/// 32 random hexadecimal digits.
std::string new_uuid();

} // namespace diapason
