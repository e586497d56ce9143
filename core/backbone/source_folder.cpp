#include "core/backbone/source_folder.h"

#include <algorithm>

namespace diapason {
namespace fs = std::filesystem;

bool stays_inside(const fs::path& folder, const fs::path& file) {
    std::error_code error;
    fs::path root = fs::canonical(folder, error);
    if (error) return false;
    const fs::path model = root.parent_path().parent_path();
    if (root.parent_path().filename() == "snapshots" && fs::is_directory(model / "blobs", error)) root = model;
    const fs::path target = fs::canonical(file, error);
    if (error) return false; // a link in a circle, too
    return std::mismatch(root.begin(), root.end(), target.begin(), target.end()).first == root.end();
}

} // namespace diapason
