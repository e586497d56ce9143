// Runs of which a database has lost the rows, but whose folder is still there.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace diapason {

class Store;

struct RecoveredRuns {
    std::size_t runs = 0;
    std::vector<std::string> notes; ///< folders that say nothing of their run
};

/// An adapter names its specification and its task: each run that is not in the database becomes a queued one of a
/// study "Recovered runs", one for each backbone and task, which can then be continued.
RecoveredRuns recover_run_folders(Store& store);

} // namespace diapason
