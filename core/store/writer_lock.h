// At most one program writes a database.
#pragma once

#include <filesystem>

namespace diapason {

/// flock on "<database>.lock", which names the holder's process. Released by the kernel when the process dies.
/// Beside the database and not on it: closing a descriptor of the database itself would drop SQLite's own locks.
class WriterLock {
public:
    /// @throws Error(locked) naming the process; Error(storage) on a file system without usable locks
    explicit WriterLock(const std::filesystem::path& database);
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

private:
    int m_descriptor = -1;
};

} // namespace diapason
