#include "core/store/run_folder.h"

#include <algorithm>

namespace diapason {

std::filesystem::path database_itself(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(file, error))) return file;
    const std::filesystem::path itself = std::filesystem::weakly_canonical(file, error);
    return error ? file : itself;
}

bool is_uuid(const std::string& text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool has_checkpoint(const std::filesystem::path& folder) {
    std::error_code error;
    return std::any_of(checkpoint_files.begin(), checkpoint_files.end(),
                       [&](const char* name) { return std::filesystem::exists(folder / name, error); });
}

void remove_checkpoints(const std::filesystem::path& folder) {
    std::error_code error;
    for (const char* name : checkpoint_files)
        std::filesystem::remove(folder / name, error);
}

} // namespace diapason
