#include "core/base/file_stamp.h"

#include <algorithm>
#include <sys/stat.h>
#include <vector>

namespace diapason {
namespace fs = std::filesystem;

std::string file_stamp(const fs::path& file) {
    struct stat s {};
    if (::stat(file.c_str(), &s) != 0) return {};
    std::string stamp;
    for (const auto part :
         {static_cast<long long>(s.st_dev), static_cast<long long>(s.st_ino), static_cast<long long>(s.st_size),
          static_cast<long long>(s.st_mtim.tv_sec), static_cast<long long>(s.st_mtim.tv_nsec),
          static_cast<long long>(s.st_ctim.tv_sec), static_cast<long long>(s.st_ctim.tv_nsec)})
        stamp += std::to_string(part) + " ";
    return stamp;
}

std::string folder_stamp(const fs::path& place) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(place, error))
        files.push_back(item.path());
    std::sort(files.begin(), files.end());
    std::string stamp = files.empty() ? file_stamp(place) : std::string();
    for (const fs::path& file : files)
        stamp += file.filename().string() + " " + file_stamp(file);
    return stamp;
}

} // namespace diapason
