// Files that are either the old one or the complete new one, never half of it, whatever happens in between.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace diapason {

/// Collects bytes in a temporary file beside the target; commit() makes it the target. Without commit() nothing
/// remains. Errors are Error(storage) with file and reason.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void append(std::string_view bytes);
    /// Data to disk, size checked, renamed, folder to disk: in this order.
    void commit();

private:
    [[noreturn]] void fail(const std::string& doing, int error);

    std::filesystem::path m_target;
    std::string m_temporary;
    int m_descriptor = -1;
    std::uint64_t m_size = 0;
};

/// The whole file in one call.
void write_file_atomically(const std::filesystem::path& target, std::string_view content);

/// The folder and those above it that are missing; on disk, names included, when it returns.
/// @throws Error(storage)
void make_folders(const std::filesystem::path& folder);

/// Removes temporary files that killed processes left in a folder.
void sweep_temporary_files(const std::filesystem::path& folder);

} // namespace diapason
