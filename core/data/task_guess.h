// What a data file is most likely meant to be: its format, which column is what, and which kind of task that makes.
// Everything comes with its reason: it is shown and can be changed.
#pragma once

#include "core/data/task.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

struct GuessedTask {
    Task task;                        ///< with its labels, and the splits by a hash of the text: 80, 10 and 10 %
    std::vector<std::string> reasons; ///< a sentence each
    /// The file's columns and its first rows as they stand there, at most 50; none where the format says what is what.
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> rows;
    std::optional<Error> fault; ///< with KnownOfTask::tolerant: why it cannot be used like this
    bool bad_rows = false;      ///< it is that some rows have faults: they can be left out
};

/// What a user says of it.
struct KnownOfTask {
    std::string kind; ///< empty = guess
    ColumnMap columns;
    bool skip_bad_rows = false; ///< RowRules::skip_bad of the task
    bool tolerant = false;      ///< what is recognised is told although it cannot be used like this
    bool complete = false;      ///< no other column is used
    bool only_utf8 = false; ///< nobody sees the reasons: another encoding without a byte order mark is a fault of lines
};

/// @param file or a folder with files of given splits: train, dev, test and names like these. A test split without
/// answers is none; where there is only one beside the training split, it is for testing, and validation is taken from
/// training by the hash.
/// @throws Error(input) for a file of no known format, one whose columns fit no kind, or one with bad rows;
/// Error(config) for a kind or field that does not exist
GuessedTask guess_task(const std::filesystem::path& file, const KnownOfTask& known = {});

/// Which columns fill which fields, by their names and by what stands in them.
struct GuessedColumns {
    std::string kind; ///< of task; empty when the columns fit none
    ColumnMap columns;
    std::vector<std::string> reasons;
    std::vector<std::string> metrics = {}; ///< that such data is judged by; empty = by those of the kind
};
/// @param names of the columns @param rows cells; lists and objects as JSON @param known what is not to be guessed
GuessedColumns guess_columns(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
                             const KnownOfTask& known = {});

} // namespace diapason
