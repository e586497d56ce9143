// Temporary folders inside the library, whose content appears in it, or disappears from it, by one rename.
#pragma once

#include <filesystem>
#include <string>

namespace diapason {

/// A hidden folder of the library that this process holds a lock on and that vanishes with the object. Making one
/// sweeps those that killed processes left. @throws Error(storage)
class LibraryFolder {
public:
    static constexpr const char* importing = ".import-";
    static constexpr const char* removing = ".remove-";

    explicit LibraryFolder(const char* purpose);
    ~LibraryFolder();
    LibraryFolder(const LibraryFolder&) = delete;
    LibraryFolder& operator=(const LibraryFolder&) = delete;

    const std::filesystem::path& path() const { return m_path; }
    /// Becomes `name` of the library. @throws Error(config) when that name is taken by now
    void keep(const std::string& name);
    /// Moves a folder of the library, or a link there, into this one.
    void take(const std::filesystem::path& folder);

private:
    std::filesystem::path m_path;
    int m_lock = -1;
};

} // namespace diapason
