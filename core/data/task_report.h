// What a careful person looks at before training on data: sizes, classes, duplicates, contradictions, leaks, lengths.
#pragma once

#include "core/data/task.h"
#include "core/text/tokenizer.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace diapason {

struct SplitReport {
    std::string split;
    std::size_t rows = 0;
    std::map<std::string, std::size_t> answers; ///< of kinds with labels: how many rows have each
    std::size_t repeated = 0;                   ///< rows whose text stood in the split before
    std::size_t contradicting = 0;              ///< rows whose text stood in the split before, with another answer
    std::size_t leaking = 0;                    ///< rows whose text contains the target, of kinds that write
    /// In tokens, of the longest sequence of each row; 0 without a tokenizer.
    std::size_t median_tokens = 0, most_tokens = 0;
    LeftOut left_out;    ///< rows of its file that are not used, and why
    std::size_t cut = 0; ///< rows that are longer than the task's limit
};

struct TaskReport {
    std::vector<SplitReport> splits; ///< train first
    /// Rows of other splits whose text stands in the training split too, by split.
    std::map<std::string, std::size_t> seen_in_training;
    std::vector<std::string> warnings; ///< a sentence each, with figures
};

/// Reads every row. @param tokenizer whose tokens are counted; null = none are
/// @throws Error(input) for rows that the task refuses
TaskReport report_on(const Task& task, const Tokenizer* tokenizer = nullptr);

} // namespace diapason
