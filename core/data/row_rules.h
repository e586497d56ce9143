// Which rows of a file a task does without, and what became of them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace diapason {

struct RowRules {
    /// Rows with faults are left out and counted; else one of them refuses the file.
    bool skip_bad = false;
    /// Field of an example → values: a row that has one of them is no row of the task. SNLI's label "-" is of pairs on
    /// which nobody agreed.
    std::map<std::string, std::vector<std::string>> leave_out;
};

/// Rows of a file that are not used.
struct LeftOut {
    std::size_t rows = 0;
    std::string reasons; ///< a line each, behind a line end; of faults at most 20 are listed
    void add(const LeftOut& more) {
        rows += more.rows;
        reasons += more.reasons;
    }
};

} // namespace diapason
