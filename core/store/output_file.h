// Files that a user asks for: tables, figures, studies.
#pragma once

#include <filesystem>
#include <string_view>

namespace diapason {

/// The whole file or nothing. No database, and nothing that belongs to one (its log, files of runs, backups), gives way
/// to it. @param database the one that is open; it need not exist
/// @throws Error(storage)
void write_output_file(const std::filesystem::path& file, const std::filesystem::path& database, std::string_view text);

} // namespace diapason
