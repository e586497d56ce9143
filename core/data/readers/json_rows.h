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

/// Reads the values at a path one by one; what is wrong with one is a problem of its line.
/// @param use adds rows; @return what is wrong, empty when nothing is
/// @return as for_each_record()
bool for_each_value(const ReadRequest& request, const RecordPath& path, DataRows& rows,
                    const std::function<std::string(const Json& value, std::size_t line)>& use);

} // namespace diapason
