// Copies of a database, made while others read and write it.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <thread>
#include <vector>

namespace diapason {

inline constexpr std::size_t backups_kept = 3;

/// Where they lie: "<name>.backups" beside the database.
std::filesystem::path backups_folder_of(const std::filesystem::path& database);
/// Newest first; their names say when they were made (UTC).
std::vector<std::filesystem::path> backups_of(const std::filesystem::path& database);

/// A new one, complete and on disk; the oldest beyond backups_kept go.
/// @param stop set by another thread: gives up. @return the new file, empty when it gave up
/// @throws Error(storage), Error(input) when the database cannot be read; no backup is touched then
std::filesystem::path back_up(const std::filesystem::path& database, const std::atomic<bool>& stop);

/// A backup a day, in a thread of its own, of a database in which there are studies.
class DailyBackup {
public:
    explicit DailyBackup(const std::filesystem::path& database);
    ~DailyBackup(); ///< one that is not complete is given up

private:
    std::atomic<bool> m_stop = false;
    std::thread m_thread;
};

} // namespace diapason
