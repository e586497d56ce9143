// One process at a time works in a folder.
#pragma once

#include <filesystem>

namespace diapason {

/// Held until it is destroyed or the process ends, however that comes about. Nothing is written into the folder.
class FolderLock {
public:
    /// Makes the folder where it is absent. @throws Error(locked) when another process has it, Error(storage)
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int m_descriptor = -1;
};

} // namespace diapason
