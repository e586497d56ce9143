// What is wrong with a database file. Nothing here writes to it, and any byte pattern may stand in it.
#pragma once

#include "core/store/connection.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diapason {

/// The tables are those of docs/SCHEMA.md: no view stands in for one, no column is missing or computed. Milliseconds.
/// @throws Error(input)
void require_own_tables(Connection& connection);

/// Before rows are written: tables and indexes are word for word those that Diapason makes, nothing else refers to
/// them, and there are no triggers. Of a stranger's database nothing runs, and no condition of its own refuses a row.
/// @throws Error(input)
void require_own_schema(Connection& connection);

/// The structure of the file, as SQLite sees it; about a second for a gigabyte. @return what is wrong first; empty:
/// nothing
std::string structure_problem(Connection& connection);

/// Refuses a damaged structure, unless the file is as this user's Diapason last saw it sound. @throws Error(input)
void require_sound_structure(Connection& connection);
/// The file as it is now counts as sound: it was checked, or written by this program.
/// @param written from now on it is no stranger's
void remember_as_sound(const std::filesystem::path& file, bool written = false);
/// Whether this user's Diapason has written to that file before, whatever it is named now.
bool was_written_here(const std::filesystem::path& file);

/// Everything: structure, tables, references, every JSON column, uuids, states, and the files beside it.
/// @param limit how many problems are told; the last line says when there are more
/// @throws Error(storage) when the file cannot be opened
std::vector<std::string> database_problems(const std::filesystem::path& file, std::size_t limit = 20);

} // namespace diapason
