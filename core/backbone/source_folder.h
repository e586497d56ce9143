// Folders from outside: what their links may lead to.
#pragma once

#include <filesystem>

namespace diapason {

/// Whether a file of the folder lies in it once links are followed. A snapshot of the Hugging Face cache
/// (…/snapshots/<revision>) consists of links to the blobs beside it: there it may be anywhere in that model's cache.
/// False for what leads nowhere.
bool stays_inside(const std::filesystem::path& folder, const std::filesystem::path& file);

} // namespace diapason
