// Rows out of JSON objects, by keys.
#pragma once

#include "core/data/json_records.h"
#include "core/data/readers/reader.h"

#include <cstddef>
#include <functional>
#include <string>

namespace diapason {

/// The value of a key, or below objects of a path: "translation.en". A key with a point goes before a path. Null =
/// absent
const Json* value_at(const Json& object, const std::string& key);

/// Adds the object as a row, or says what is wrong with it. @param value what stands at `line`
void add_json_row(const Json& value, std::size_t line, const ColumnMap& columns, DataRows& rows);

/// What is to be done with a value that stands at a line. What it throws as Error(input) is a problem of that line.
using UseOfValue = std::function<void(const Json& value, std::size_t line)>;

/// The values at a path one by one. @return as for_each_record()
bool for_each_value(const ReadRequest& request, const RecordPath& path, DataRows& rows, const UseOfValue& use);
/// Of a file with a value in each line; empty lines are passed over.
void for_each_json_line(const std::filesystem::path& file, LineProblems& problems, const UseOfValue& use);

} // namespace diapason
