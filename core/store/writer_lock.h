// At most one program writes a database.
#pragma once

#include <filesystem>

namespace diapason {

/// flock on the database file itself, whatever name leads to it. The file is made where there is none, empty, and
/// removed again when it is still empty at the end. Released by the kernel when the process dies.
class WriterLock {
public:
    /// @throws Error(locked) naming the process; Error(storage) on a file system without usable locks, for what is not
    /// a regular file, and for a file with several hard links: SQLite keeps its log beside one of the names
    explicit WriterLock(const std::filesystem::path& database);
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

private:
    std::filesystem::path m_database;
    int m_descriptor = -1;
};

} // namespace diapason
