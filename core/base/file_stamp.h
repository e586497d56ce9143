// What tells one state of a file from another without opening it.
#pragma once

#include <filesystem>
#include <string>

namespace diapason {

/// Of device, inode, size and times; empty when there is no such file.
std::string file_stamp(const std::filesystem::path& file);
/// Of all files that lie in a folder; of the file itself when it is none.
std::string folder_stamp(const std::filesystem::path& place);

} // namespace diapason
