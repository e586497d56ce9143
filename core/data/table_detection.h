// What a table in a text file is written like, found from its beginning. Everything comes with its reason: it is shown
// and can be changed, never silently assumed.
#pragma once

#include "core/data/delimited_record.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diapason {

struct DetectedTable {
    std::string encoding; ///< as TextDecoder takes it
    Dialect dialect;
    bool header = true;                         ///< the first record names the columns
    std::vector<std::string> reasons;           ///< a sentence for each of the four
    std::vector<std::vector<std::string>> rows; ///< complete records of the beginning, the header among them
    std::size_t width() const { return rows.empty() ? 0 : rows.front().size(); }
    /// What columns are called: their names, or "1", "2", … where there are none.
    std::vector<std::string> names() const;
};

/// @param most records that are kept. @throws Error(input) when the file cannot be read or holds no text
DetectedTable detect_table(const std::filesystem::path& file, std::size_t most = 200);
/// The same of a text. @param whole whether it is all of the file: else its last record may be cut
/// @param origin for messages
DetectedTable detect_table(std::string_view text, bool whole, std::size_t most = 200, const std::string& origin = {});

} // namespace diapason
