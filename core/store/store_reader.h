// Reading a database: its own read-only connection, short transactions, any thread (one at a time per reader).
#pragma once

#include "core/store/records.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// Folder for the files of a database's runs, one folder a run by its uuid: "<name>.files" beside it.
std::filesystem::path files_folder_of(const std::filesystem::path& database);

class StoreReader {
public:
    /// Opens read-only; a database of a newer schema opens too. @throws Error(storage|incompatible|input)
    explicit StoreReader(const std::filesystem::path& file);
    ~StoreReader();
    StoreReader(StoreReader&&) noexcept;

    std::vector<StudyLine> study_lines(bool with_trashed = false) const; ///< newest first
    std::optional<StudyRecord> study(RowId id) const;
    std::vector<FactorRecord> factors(RowId study) const; ///< by position
    std::vector<ArmRecord> arms(RowId study) const;       ///< by position
    std::vector<RunRecord> runs(RowId study) const;       ///< by arm position, then seed
    /// The same, one after the other, for studies of many runs. The record is the visitor's until it returns.
    void each_run(RowId study, const std::function<void(RunRecord&)>& visit) const;
    std::optional<RunRecord> run(RowId id) const;
    /// By arm position, then seed. @param study 0 = of all studies, trashed ones too, newest first
    std::vector<RunLine> run_lines(RowId study) const;
    std::map<RowId, StateCounts> state_counts() const; ///< by study; those without runs are left out
    /// Of the latest finished runs. @param latest how many at most
    MeasuredSpeed measured_speed(std::int64_t latest) const;
    std::vector<SeriesRecord> series(RowId run) const;
    /// Points with step > after_step, in order.
    SeriesPoints points(RowId run, const MetricName& name, std::int64_t after_step = -1) const;
    std::vector<PredictionRecord> predictions(RowId run, const std::string& split) const; ///< by dataset and item
    std::vector<ArtifactRecord> artifacts(RowId run) const;
    std::vector<EventRecord> events(RowId study, RowId after = 0, std::int64_t limit = 1000) const;

    /// Changes whenever another connection has committed (PRAGMA data_version).
    std::int64_t data_version() const;
    int schema_version() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace diapason
