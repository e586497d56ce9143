// Results of a study: one pure function from stored rows to a table; screen, CSV, Markdown and LaTeX come from it.
#pragma once

#include "core/store/store_reader.h"

#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// Mean over seeds with its t-interval. n counts finished runs only; diverged ones are counted apart.
struct Estimate {
    std::size_t n = 0;
    double mean = 0;
    std::optional<double> sd;         ///< n >= 2
    std::optional<double> half_width; ///< of the 95 % t-interval, n >= 2
};
/// n = 1: no interval. @param values finite
Estimate estimate(const std::vector<double>& values, double confidence = 0.95);

struct ResultRow {
    RowId arm = 0;
    std::string label, method;
    int colour_slot = 1;
    bool baseline = false;                            ///< others are compared with it
    std::vector<Estimate> metrics;                    ///< parallel to ResultTable::metrics
    std::vector<std::optional<Estimate>> differences; ///< paired by seed against the baseline, same order
    std::vector<double> best_steps;                   ///< of the selected checkpoint, one a finished seed
    std::size_t finished = 0, diverged = 0, failed = 0, planned = 0;
    std::int64_t trained = 0, stored = 0, stored_bits = 0, head = 0; ///< the four counts
    double seconds = 0;                                              ///< mean run time
    double step_seconds = 0; ///< mean time of a training step, without evaluation
    double file_bytes = 0;   ///< mean size of the stored adapter, head and description included; 0 = none was kept
    double learning_rate = 0;
};

struct ResultTable {
    std::string title, backbone, task;
    MetricName primary_metric;
    std::string baseline;                  ///< what arms are compared with, in words: "Head only at equal backbone"
    std::vector<MetricName> metrics;       ///< the primary one of each split first, losses last
    std::vector<ResultRow> rows;           ///< in arm order
    std::size_t finished = 0, planned = 0; ///< runs
    std::vector<std::string> notes;        ///< what a reader must know: unequal budgets, partial results, toys
};

ResultTable result_table(const StoreReader& reader, RowId study);

} // namespace diapason
