// A folder that lives in memory and is gone with the program, for readers that want names.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace diapason::fuzzing {

class MemoryFolder {
public:
    MemoryFolder() { std::filesystem::create_directories(m_path); }
    ~MemoryFolder() { std::filesystem::remove_all(m_path); }
    MemoryFolder(const MemoryFolder&) = delete;
    MemoryFolder& operator=(const MemoryFolder&) = delete;

    std::filesystem::path operator/(const std::string& name) const { return m_path / name; }
    const std::filesystem::path& path() const { return m_path; }
    void write(const std::string& name, std::string_view content) const {
        std::ofstream(m_path / name, std::ios::binary)
            .write(content.data(), static_cast<std::streamsize>(content.size()));
    }

private:
    std::filesystem::path m_path = "/dev/shm/diapason-fuzz-" + std::to_string(::getpid());
};

} // namespace diapason::fuzzing
