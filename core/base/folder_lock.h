// One process at a time works in a folder.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>

namespace diapason {

/// Held until it is destroyed or the process ends, however that comes about. Nothing is written into the folder.
class FolderLock {
public:
    /// Makes the folder where it is absent. Whoever has it may be about to end: it is waited for.
    /// @param give_up asked several times a second while it waits. @throws Error(locked) when another process keeps it,
    /// Error(storage)
    explicit FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds wait = {},
                        const std::function<bool()>& give_up = {});
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int m_descriptor = -1;
};

} // namespace diapason
