// Parquet and Arrow files, through a module that is loaded when the first of them is read: it brings Apache Arrow's
// libraries, which are not in every distribution (./run --parquet fetches them).
#pragma once

#include "core/base/json.h"

#include <filesystem>
#include <functional>
#include <set>
#include <string>

namespace diapason {

/// A row as an object of its columns: numbers, texts, lists, objects; null where there is nothing, and for bytes that
/// are no text. Classes that the file names (datasets of Hugging Face do) go by their names.
/// @throws Error(input) for what cannot be used, such as text that is not UTF-8
using MakeRow = std::function<Json()>;
/// @return whether to go on
using UseOfRow = std::function<bool(const MakeRow& row)>;

/// Columns that rows are wanted with, by their names in the file; empty = all.
using WantedColumns = std::set<std::string>;

/// The rows of a Parquet file, an Arrow file or an Arrow stream, in order; those of a file in several parts
/// ("train-00000-of-00003.parquet") through all of them. Memory is bounded by the file's own row groups.
/// @throws Error(input) for a damaged file, a part that is missing, and where the module is absent, saying how to get
/// it
void for_each_columnar_row(const std::filesystem::path& file, const WantedColumns& columns, const UseOfRow& use);

/// Whether the module is there.
bool has_columnar_module();

/// What the module exports: the rows of one file. @return whether to go on with the next
inline constexpr const char* columnar_entry_name = "diapason_read_columnar";
using ColumnarEntry = bool(const std::filesystem::path& file, const WantedColumns& columns, const UseOfRow& use);

} // namespace diapason
