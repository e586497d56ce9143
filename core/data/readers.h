// Data files by the name of their format: "csv" (RFC 4180), "jsonl", "tsv" (as GLUE's files), "squad", …
#pragma once

#include "core/data/dataset.h"
#include "core/data/readers/reader.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diapason {

/// All rows, each with an id of its own; without one, a row goes by the number of its line. Bad rows (not JSON, a
/// missing column, an id that another row has, too long) are listed together, at most 20 of them, with their line
/// numbers; with RowRules::skip_bad they are left out (Dataset::left_out).
/// @throws Error(input); Error(config) for an unknown reader or field
Dataset read_dataset(const std::string& reader, const ReadRequest& request);
/// With the reader's usual options.
Dataset read_dataset(const std::string& reader, const std::filesystem::path& file, const ColumnMap& columns);

const std::vector<const DataReader*>& data_readers();   ///< by name
const DataReader* find_reader(const std::string& name); ///< null when there is none
std::vector<std::string> reader_names();

} // namespace diapason
