// Preloaded into the program and its children (LD_PRELOAD): a disk that is full or broken for a while, a sudden end, a
// clock that is set. A COUNTER is a file of 8 bytes in which all processes count.
//   DIAPASON_FAIL_WHILE=FILE    writes to regular files fail with "no space left" while FILE exists
//   DIAPASON_FAIL_AT=COUNTER:FROM:TIMES:ERRNO   writes FROM, FROM + 1, … (TIMES of them) fail
//   DIAPASON_KILL_AT=COUNTER:NUMBER   SIGKILL to whoever comes to sync number NUMBER, before it
//   DIAPASON_CLOCK=FILE         while FILE exists, the calendar is a year behind
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

/// Counts in a file, with all processes that name it.
class Counter {
public:
    explicit Counter(const std::string& name) {
        const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::ftruncate(file, sizeof *m_count) != 0) return;
        void* memory = ::mmap(nullptr, sizeof *m_count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED) m_count = static_cast<std::uint64_t*>(memory);
    }
    /// From 1; 0 when there is no such file.
    std::uint64_t next() const { return m_count == nullptr ? 0 : __atomic_add_fetch(m_count, 1, __ATOMIC_RELAXED); }

private:
    std::uint64_t* m_count = nullptr;
};

/// COUNTER:NUMBER:NUMBER:…
struct Plan {
    bool given = false;
    std::string counter;
    std::uint64_t numbers[3] = {};

    explicit Plan(const char* variable) {
        const char* value = std::getenv(variable);
        if (value == nullptr) return;
        given = true;
        const std::string text = value;
        counter = text.substr(0, text.find(':'));
        std::size_t at = counter.size();
        for (std::uint64_t& number : numbers) {
            if (at >= text.size()) break;
            number = std::strtoull(text.c_str() + at + 1, nullptr, 10);
            at = std::min(text.find(':', at + 1), text.size());
        }
    }
};

bool fails(int file) {
    static const char* const marker = std::getenv("DIAPASON_FAIL_WHILE");
    static const Plan plan("DIAPASON_FAIL_AT");
    static const Counter writes(plan.counter);
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    if (marker != nullptr && ::access(marker, F_OK) == 0) {
        errno = ENOSPC;
        return true;
    }
    if (!plan.given) return false;
    const auto& [from, times, error] = plan.numbers;
    const std::uint64_t number = writes.next();
    if (number < from || number - from >= times) return false;
    errno = static_cast<int>(error);
    return true;
}

void survive_sync() {
    static const Plan plan("DIAPASON_KILL_AT");
    static const Counter syncs(plan.counter);
    if (plan.given && syncs.next() == plan.numbers[0]) ::kill(::getpid(), SIGKILL);
}

template <typename Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

} // namespace

#pragma GCC visibility push(default)
extern "C" {

int clock_gettime(clockid_t clock, timespec* time) {
    static const auto call = next<int (*)(clockid_t, timespec*)>("clock_gettime");
    static const char* const marker = std::getenv("DIAPASON_CLOCK");
    const int result = call(clock, time);
    if (clock == CLOCK_REALTIME && marker != nullptr && ::access(marker, F_OK) == 0) time->tv_sec -= 365L * 86400;
    return result;
}
int fsync(int file) {
    static const auto call = next<int (*)(int)>("fsync");
    survive_sync();
    return call(file);
}
int fdatasync(int file) {
    static const auto call = next<int (*)(int)>("fdatasync");
    survive_sync();
    return call(file);
}
ssize_t write(int file, const void* bytes, size_t count) {
    static const auto call = next<ssize_t (*)(int, const void*, size_t)>("write");
    return fails(file) ? -1 : call(file, bytes, count);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
    static const auto call = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    return fails(file) ? -1 : call(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
    static const auto call = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
    return fails(file) ? -1 : call(file, bytes, count, at);
}
}
#pragma GCC visibility pop
