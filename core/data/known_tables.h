// Tables of published data sets whose columns do not say by themselves what they are, and by what their benchmark
// judges.
#pragma once

#include "core/data/readers/reader.h"
#include "core/data/table_detection.h"

#include <string>
#include <vector>

namespace diapason {

struct KnownTable {
    const char* title;              ///< "CoLA (GLUE)"
    const char* kind;               ///< of task
    std::vector<std::string> names; ///< of columns by which it is known; empty = it has no header
    ColumnMap columns;
    std::vector<std::string> metrics; ///< the first for tables
};

/// Null when it is none of them.
const KnownTable* known_table(const DetectedTable& table);

} // namespace diapason
