// What can still be read of a damaged database, in a new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diapason {

struct Salvaged {
    std::map<std::string, std::int64_t> rows; ///< by table, in the new database
    std::vector<std::string> losses;          ///< what could not be read, or not be kept
};

/// Copies row by row; those that make no sense, or belong to nothing, stay behind. A finished run of which a row may be
/// missing becomes interrupted, so that it can be run again. The damaged file stays as it is.
/// @param target a new file. @throws Error(input) when nothing at all can be read, Error(storage) when the target is
/// there already or cannot be written
Salvaged salvage_database(const std::filesystem::path& damaged, const std::filesystem::path& target);

} // namespace diapason
