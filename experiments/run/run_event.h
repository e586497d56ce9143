// The stream of events that a run is: live from the worker thread, from a child process or from the database, always
// the same.
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/metric_name.h"
#include "core/store/run_state.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace diapason {

/// The run begins: sizes that are known now. Sent once an attempt, before any point. Whatever an earlier attempt has
/// told is void from here on; a run that goes on from a checkpoint tells it again.
struct RunBegan {
    std::int64_t total_steps = 0;
    std::int64_t trained = 0, stored = 0, stored_bits = 0, head = 0; ///< counted, not by formula
    Json environment;            ///< versions, BLAS, threads, device and "inputs" by hash: what the bits depend on
    std::int64_t first_step = 0; ///< updates that earlier attempts have done
};

/// One value of one metric. `value` may be NaN or infinite; the store keeps the kind.
struct MetricPoint {
    MetricName name;
    std::int64_t step = 0; ///< updates done so far
    double wall_s = 0;     ///< since RunBegan
    double value = 0;
    friend bool operator==(const MetricPoint&, const MetricPoint&) = default;
};
struct MetricPoints {
    std::vector<MetricPoint> points;
};

/// Per-item result on an evaluation split, for paired statistics.
struct Prediction {
    std::string item; ///< id in the data file, unique within split and dataset
    std::string predicted;
    std::string expected;
    double score = 0; ///< the item's value of the primary metric, 1 or 0 for classes; NaN = an item has none
    /// Null, or what later tests need beside that: "scores" of all choices, "begin" and "end" of a part of the text in
    /// code points, "statistics" that a corpus metric adds up (core/data/metrics/scorer.h).
    Json detail = nullptr;
};
struct Predictions {
    std::string split;   ///< validation, test, ood
    std::string dataset; ///< as MetricName::dataset
    std::int64_t step = 0;
    std::vector<Prediction> items;
};

/// A file that the run wrote below its folder.
struct ArtifactWritten {
    std::string kind; ///< "adapter", "checkpoint"
    std::string path; ///< relative to the run's folder
    std::string sha256;
    std::int64_t bytes = 0;
    std::int64_t step = 0;
};

/// Steps done, for progress bars; at most a few per second.
struct Progress {
    std::int64_t step = 0;
    std::int64_t total_steps = 0;
};

enum class Severity { info, warning, error };
struct LogLine {
    Severity severity = Severity::info;
    std::string text;
};

/// A state change. The last event of every run is one with a terminal state.
struct StateChanged {
    RunState state = RunState::queued;
    std::string message;                   ///< why, for failed, diverged and interrupted
    ErrorKind error = ErrorKind::internal; ///< meaningful for failed
    /// finished: {"metrics": to_json(values), "best_step": n, "frozen_unchanged": true, "seconds": s}
    Json summary;
};

using RunEvent = std::variant<RunBegan, MetricPoints, Predictions, ArtifactWritten, Progress, LogLine, StateChanged>;

/// One line of JSON without a newline; doubles survive bit for bit, non-finite ones as "nan", "inf", "-inf".
std::string to_line(const RunEvent& event);
RunEvent run_event_from_line(const std::string& line); ///< @throws Error(input)

} // namespace diapason
