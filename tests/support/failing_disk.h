// A disk on which this process's SQLite cannot write: full, broken, or only at some writes.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <limits>
#include <sys/types.h>
#include <unistd.h>

namespace diapason::testing {

/// While it lives, writes `from`, from + 1, … of SQLite (counted from 1) fail with `error`, `times` of them.
class FailingDisk {
public:
    explicit FailingDisk(int error = ENOSPC, int from = 1, int times = std::numeric_limits<int>::max()) {
        s_error = error;
        s_until = from - 1;
        s_times = times;
        set(reinterpret_cast<sqlite3_syscall_ptr>(&write));
    }
    ~FailingDisk() { set(nullptr); } // back to the system's
    FailingDisk(const FailingDisk&) = delete;
    FailingDisk& operator=(const FailingDisk&) = delete;

    static int failures() { return s_failures; } ///< of all that have lived

private:
    static void set(sqlite3_syscall_ptr call) {
        sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
        for (const char* name : {"pwrite", "pwrite64"})
            system->xSetSystemCall(system, name, call);
    }

    static ssize_t write(int file, const void* bytes, std::size_t count, off_t at) {
        if (s_until-- > 0 || s_times-- <= 0) return ::pwrite(file, bytes, count, at);
        ++s_failures;
        errno = s_error;
        return -1;
    }

    static inline std::atomic<int> s_error, s_until, s_times, s_failures;
};

} // namespace diapason::testing
