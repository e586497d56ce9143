// Parts of a large JSON document one by one, without the whole of it in memory.
#pragma once

#include "core/base/json.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// Where the records of a document lie: keys of objects, and every_entry for what is around an array's entries or an
/// object's values. {} = the document itself; {"data", every_entry} = the entries of its "data".
using RecordPath = std::vector<std::string>;
inline constexpr const char* every_entry = "*";

/// One record: its text, and the line of the file on which it begins, from 1.
struct JsonRecord {
    std::string text;
    std::size_t line = 1;
    Json value(const std::string& origin) const { return parse_json(text, origin, line); } ///< @throws Error(input)
};

/// Longest record. JSON takes about forty times its text in memory.
inline constexpr std::size_t max_record_bytes = 16u << 20;

/// Reads a document from its beginning to its end and gives what lies at the path; what lies elsewhere is skipped, and
/// only its brackets and strings are read. Memory is bounded by the longest record.
/// @return whether anything of the path was there, be it an empty list
/// @throws Error(input) naming the line where the text stops being JSON, or of a record that is too long
bool for_each_record(const std::filesystem::path& file, const RecordPath& path,
                     const std::function<void(const JsonRecord&)>& use);

/// The same of a text that is in memory.
bool for_each_record_of(std::string_view text, const RecordPath& path,
                        const std::function<void(const JsonRecord&)>& use);

} // namespace diapason
