#include "core/library/library_folder.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/library/library.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace diapason {
namespace fs = std::filesystem;
namespace {

Error storage_error(const fs::path& path, const std::string& what, int error) {
    return {ErrorKind::storage,
            {what + ": " + std::strerror(error),
             path.string(),
             {},
             {},
             error == ENOSPC || error == EDQUOT ? "Free some space and try again"
             : error == EACCES || error == EROFS || error == EPERM
                 ? "Choose a folder that you may write to with --home or DIAPASON_HOME"
                 : ""}};
}

// Locks die with their process, so that an unlocked temporary folder is litter.
int locked(const fs::path& folder, int how) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return -1;
    while (::flock(descriptor, how) != 0) {
        if (errno == EINTR) continue;
        ::close(descriptor);
        return -1;
    }
    return descriptor;
}

void sweep(const fs::path& library) {
    std::error_code error;
    for (const auto& item : fs::directory_iterator(library, error)) {
        const std::string name = item.path().filename().string();
        if (name.rfind(LibraryFolder::importing, 0) != 0 && name.rfind(LibraryFolder::removing, 0) != 0) continue;
        const int lock = locked(item.path(), LOCK_EX | LOCK_NB);
        if (lock < 0) continue;
        std::error_code ignored; // the next one tries again
        fs::remove_all(item.path(), ignored);
        ::close(lock);
    }
}

} // namespace

LibraryFolder::LibraryFolder(const char* purpose) {
    const fs::path library = library_folder();
    make_folders(library);
    // Held while a new folder has no lock of its own yet, so that nobody sweeps it.
    const int gate = locked(library, LOCK_EX);
    if (gate < 0) throw storage_error(library, "cannot be locked", errno);
    sweep(library);
    std::string pattern = (library / (std::string(purpose) + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        const int problem = errno;
        ::close(gate);
        throw storage_error(library, "cannot be written", problem);
    }
    m_path = pattern;
    struct stat parent {};
    if (::stat(library.c_str(), &parent) == 0) ::chmod(m_path.c_str(), parent.st_mode & 0777);
    m_lock = locked(m_path, LOCK_EX | LOCK_NB);
    ::close(gate);
}

LibraryFolder::~LibraryFolder() {
    std::error_code ignored;
    if (!m_path.empty()) fs::remove_all(m_path, ignored);
    if (m_lock >= 0) ::close(m_lock);
}

void LibraryFolder::keep(const std::string& name) {
    const fs::path target = library_folder() / name;
    if (::renameat2(AT_FDCWD, m_path.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST || errno == ENOTEMPTY)
            throw config_error("name", name, "is taken: " + target.string() + " already exists",
                               "Remove it first, or choose another name (--name)");
        throw storage_error(target, "cannot be created", errno);
    }
    m_path.clear();
    if (const int folder = ::open(library_folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
        (void)::fsync(folder); // some file systems refuse this; the rename itself has happened
        ::close(folder);
    }
}

void LibraryFolder::take(const fs::path& folder) {
    if (::rename(folder.c_str(), (m_path / "removed").c_str()) != 0)
        throw storage_error(folder, "cannot be removed", errno);
}

} // namespace diapason
