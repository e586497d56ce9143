// A file that lives in memory, for parsers that map or open a path: no disk is touched while fuzzing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace diapason::fuzzing {

class MemoryFile {
public:
    MemoryFile() : m_descriptor(::memfd_create("fuzz", MFD_CLOEXEC)) {
        if (m_descriptor < 0) std::abort();
    }
    ~MemoryFile() { ::close(m_descriptor); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    void write(const std::uint8_t* data, std::size_t size) {
        if (::ftruncate(m_descriptor, 0) != 0) std::abort();
        if (::pwrite(m_descriptor, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    }
    std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(m_descriptor); }

private:
    int m_descriptor;
};

/// A sum over all bytes that lie between two pointers: reads them, so that a wrong bound is found.
inline std::uint64_t touch(const std::byte* begin, const std::byte* end) {
    std::uint64_t sum = 0;
    for (const std::byte* at = begin; at != end; ++at)
        sum += static_cast<std::uint64_t>(*at);
    return sum;
}

} // namespace diapason::fuzzing
