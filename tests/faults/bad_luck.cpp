// Preloaded into the program and its children (LD_PRELOAD): a disk that is full or broken for a while, a clock that is
// set.
//   DIAPASON_FAIL_WHILE=FILE    writes to regular files fail with "no space left" while FILE exists
//   DIAPASON_FAIL_AT=COUNTER:FROM:TIMES:ERRNO   writes FROM, FROM + 1, … (TIMES of them) fail; COUNTER is a file of 8
//   bytes that
//                               all processes count in
//   DIAPASON_CLOCK=FILE         while FILE exists, the calendar is a year behind
#include <cerrno>
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

struct Plan {
    std::string marker;
    std::uint64_t* count = nullptr;
    std::uint64_t from = 0, times = 0;
    int error = ENOSPC;

    Plan() {
        if (const char* file = std::getenv("DIAPASON_FAIL_WHILE")) marker = file;
        const char* at = std::getenv("DIAPASON_FAIL_AT");
        if (at == nullptr) return;
        const std::string text = at;
        const auto first = text.find(':');
        char* rest = nullptr;
        from = std::strtoull(text.c_str() + first + 1, &rest, 10);
        times = std::strtoull(rest + 1, &rest, 10);
        error = std::atoi(rest + 1);
        const int file = ::open(text.substr(0, first).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::ftruncate(file, sizeof *count) != 0) return;
        void* memory = ::mmap(nullptr, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED) count = static_cast<std::uint64_t*>(memory);
    }
};

bool fails(int file) {
    static const Plan plan;
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    if (!plan.marker.empty() && ::access(plan.marker.c_str(), F_OK) == 0) {
        errno = ENOSPC;
        return true;
    }
    if (plan.count == nullptr) return false;
    const std::uint64_t number = __atomic_add_fetch(plan.count, 1, __ATOMIC_RELAXED);
    if (number < plan.from || number - plan.from >= plan.times) return false;
    errno = plan.error;
    return true;
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
    if (clock == CLOCK_REALTIME && marker != nullptr && ::access(marker, F_OK) == 0) time->tv_sec -= 365 * 86400;
    return result;
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
