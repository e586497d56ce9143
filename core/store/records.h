// Rows of the database as plain values (docs/SCHEMA.md). Times are milliseconds since 1970-01-01 UTC.
#pragma once

#include "core/base/json.h"
#include "core/base/metric_name.h"
#include "core/store/run_state.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace diapason {

using RowId = std::int64_t;

struct StudyRecord {
    RowId id = 0;
    std::string uuid; ///< never changes, survives export and merge
    std::string title;
    Json document; ///< the study file (experiments/study/study.h)
    std::int64_t created_ms = 0;
    std::int64_t modified_ms = 0;
    bool trashed = false;
    Json tasks = Json::object(); ///< name in the runs' specifications → definition (core/data/task_document.h)
};

/// An option that the study varies.
struct FactorRecord {
    std::string address; ///< "lora.rank" for a method's option, "training.steps", "task", "backbone" study-wide
    Json levels;         ///< list
};

struct ArmRecord {
    RowId id = 0;
    RowId study = 0;
    std::int64_t position = 0; ///< order within the study, from 0
    std::string label;
    std::string method;
    Json levels;         ///< {"method": "lora", "rank": 8}: the method's label, and the level of each factor
    int colour_slot = 1; ///< chosen once, never changes
};

struct RunRecord {
    RowId id = 0;
    std::string uuid;
    RowId study = 0;
    RowId arm = 0;
    std::uint64_t seed = 0;
    RunState state = RunState::queued;
    std::string message;
    Json spec; ///< RunSpec
    std::string fingerprint;
    std::int64_t attempt = 0; ///< number of starts so far
    std::int64_t created_ms = 0;
    std::int64_t started_ms = 0;  ///< 0: not yet
    std::int64_t finished_ms = 0; ///< 0: not yet
    std::int64_t elapsed_ms = 0;  ///< of the latest attempt, by a clock that only goes forward; 0: not known
    std::int64_t steps_done = 0;
    std::int64_t steps_total = 0;
    std::int64_t trained = 0, stored = 0, stored_bits = 0, head = 0;
    double operations = 0; ///< as the plan estimates them; 0 = unknown
    Json environment;
    Json summary;
};

/// What a run knows when it begins.
struct BeganRecord {
    std::int64_t steps_total = 0;
    std::int64_t steps_done = 0; ///< by earlier attempts, whose checkpoint it goes on from
    std::int64_t trained = 0, stored = 0, stored_bits = 0, head = 0;
    Json environment;
};

/// A study with everything that belongs to it, before it has ids. A run's `arm` is an index into `arms`.
struct NewStudy {
    StudyRecord study; ///< uuid, title, document, tasks
    std::vector<FactorRecord> factors;
    std::vector<ArmRecord> arms; ///< label, method, levels, colour_slot; positions follow their order
    std::vector<RunRecord> runs; ///< uuid, arm, seed, spec, fingerprint, operations
};
struct StudyIds {
    RowId study = 0;
    std::vector<RowId> arms, runs; ///< in the order in which they were given
};

/// How many of a study's runs are in which state.
struct StateCounts {
    std::map<RunState, std::size_t> runs;

    std::size_t all() const {
        std::size_t sum = 0;
        for (const auto& [state, count] : runs)
            sum += count;
        return sum;
    }
    std::size_t in(RunState state) const {
        const auto found = runs.find(state);
        return found == runs.end() ? 0 : found->second;
    }
};

/// A study as lists show it, whatever its document looks like.
struct StudyLine {
    RowId id = 0;
    std::string uuid;
    std::string title, backbone, task; ///< the latter two empty where the document does not say
    std::int64_t created_ms = 0;
};

/// A run as lists show it, without its specification and results.
struct RunLine {
    RowId id = 0;
    std::string uuid;
    RowId study = 0;
    RowId arm = 0;
    std::string arm_label;
    std::uint64_t seed = 0;
    RunState state = RunState::queued;
    std::string message;
    std::int64_t steps_done = 0, steps_total = 0;
    std::int64_t elapsed_ms = 0; ///< of the latest attempt
};

/// What finished runs have done in what time.
struct MeasuredSpeed {
    double operations = 0, seconds = 0;
};

/// One metric of one run. Values are parallel arrays, ordered by step; non-finite values are NaN or infinite here.
struct SeriesRecord {
    RowId id = 0;
    RowId run = 0;
    MetricName name;
    std::int64_t points = 0;
    std::int64_t last_step = 0;
    double last_value = 0;
};
struct SeriesPoints {
    std::vector<std::int64_t> step;
    std::vector<double> wall_s;
    std::vector<double> value;
};

/// One item; split, dataset and item tell it apart from every other of its run.
struct PredictionRecord {
    std::string split, dataset;
    std::int64_t step = 0;
    std::string item, predicted, expected;
    double score = 0;        ///< NaN = an item has none
    std::string detail = {}; ///< JSON object; empty = nothing more is known
};

struct ArtifactRecord {
    RowId run = 0;
    std::string kind, path, sha256;
    std::int64_t bytes = 0, step = 0;
};

struct EventRecord {
    RowId id = 0;
    RowId study = 0;
    RowId run = 0; ///< 0: concerns the whole study
    std::int64_t at_ms = 0;
    std::string severity; ///< info, warning, error
    std::string text;
};

} // namespace diapason
