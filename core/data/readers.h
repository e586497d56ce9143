// Readers of data files, by name: "csv" (RFC 4180), "jsonl", "tsv" (as GLUE's files).
#pragma once

#include "core/base/json.h"
#include "core/data/dataset.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// Field of Example ("text", "pair", "label", "target", "id", "source") → column of the file: a key, or for files
/// without a header a number from 1.
using ColumnMap = std::map<std::string, std::string>;

/// All rows, each with an id of its own; without one, a row goes by the number of its line. Bad rows (not JSON, a
/// missing column, an id that another row has, too long) are listed together, at most 20 of them, with their line
/// numbers.
/// @throws Error(input); Error(config) for an unknown reader or field
Dataset read_dataset(const std::string& reader, const std::filesystem::path& file, const ColumnMap& columns);

std::vector<std::string> reader_names();

} // namespace diapason
