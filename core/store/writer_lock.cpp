#include "core/store/writer_lock.h"

#include "core/base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace diapason {
namespace {

// WAL needs shared memory between processes of one host, which network file systems do not give.
bool is_network_file_system(const std::filesystem::path& folder) {
    struct statfs status {};
    if (::statfs(folder.c_str(), &status) != 0) return false;
    switch (static_cast<unsigned long>(status.f_type)) {
    case 0x6969:     // NFS
    case 0x517b:     // SMB
    case 0xfe534d42: // SMB2
    case 0xff534d42: // CIFS
    case 0x0bd00bd0: // Lustre
    case 0x01021997: // 9p
        return true;
    default:
        return false;
    }
}

// The descriptors of the databases that this process has locked, by device and inode. They are unlocked but never
// closed: closing any descriptor of a file drops the locks that SQLite's connections in the same process hold on it.
class Descriptors {
public:
    struct Kept {
        int descriptor = -1;
        bool held = false; ///< by a WriterLock of this process
    };
    using Key = std::pair<dev_t, ino_t>;

    std::mutex mutex;

    // Null when the file has none yet.
    Kept* find(const struct stat& status) {
        const auto found = m_kept.find({status.st_dev, status.st_ino});
        return found == m_kept.end() ? nullptr : &found->second;
    }
    Kept& keep(const struct stat& status, int descriptor) {
        return m_kept[{status.st_dev, status.st_ino}] = {descriptor, false};
    }

private:
    std::map<Key, Kept> m_kept;
};

Descriptors& descriptors() {
    static Descriptors* all = new Descriptors; // outlives every lock
    return *all;
}

Error refused(const std::filesystem::path& database, const std::string& what, const std::string& remedy) {
    return {ErrorKind::storage, {what, database.string(), {}, {}, remedy}};
}

// "12345", as the kernel lists it; empty when it does not say.
std::string holder_of(const struct stat& status) {
    char inode[64];
    std::snprintf(inode, sizeof inode, "%02x:%02x:%llu", major(status.st_dev), minor(status.st_dev),
                  static_cast<unsigned long long>(status.st_ino));
    std::ifstream locks("/proc/locks");
    std::string number, kind, mode, access, process, file;
    for (std::string line; std::getline(locks, line);) {
        std::istringstream words(line);
        if (words >> number >> kind >> mode >> access >> process >> file && kind == "FLOCK" && file == inode)
            return process;
    }
    return {};
}

// The descriptor of a regular file, which is made where there is none.
Descriptors::Kept& opened(const std::filesystem::path& database, struct stat& status) {
    if (::stat(database.c_str(), &status) == 0) {
        if (Descriptors::Kept* known = descriptors().find(status)) return *known;
        // Opening a FIFO or a device may have effects of its own.
        if (!S_ISREG(status.st_mode))
            throw refused(database, "is not a regular file", "Choose another database with --db");
    }
    const int descriptor = ::open(database.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0)
        throw refused(database, std::string("cannot be written: ") + std::strerror(errno),
                      "Check the permissions of the folder, or choose another database with --db");
    return descriptors().keep(status, descriptor);
}

} // namespace

WriterLock::WriterLock(const std::filesystem::path& database) : m_database(database) {
    const std::filesystem::path folder = database.has_parent_path() ? database.parent_path() : ".";
    if (is_network_file_system(folder))
        throw refused(database, "lies on a network file system, where a database can be damaged",
                      "Choose a local folder with --db");
    const std::lock_guard guard(descriptors().mutex);
    struct stat status {};
    Descriptors::Kept& kept = opened(database, status);
    if (status.st_nlink > 1)
        throw refused(database,
                      "has " + std::to_string(status.st_nlink) +
                          " names (hard links), and SQLite keeps a log for each of them",
                      "Delete the other names, or make a copy with sqlite3 FILE \".backup COPY\"");
    if (kept.held || ::flock(kept.descriptor, LOCK_EX | LOCK_NB) != 0) {
        const std::string holder = kept.held ? std::to_string(::getpid()) : holder_of(status);
        throw Error(ErrorKind::locked, {"is being written by another Diapason" +
                                            (holder.empty() ? std::string() : " (process " + holder + ")"),
                                        database.string(),
                                        {},
                                        {},
                                        "Close it, or choose another database with --db"});
    }
    kept.held = true;
    m_descriptor = kept.descriptor;
}

WriterLock::~WriterLock() {
    const std::lock_guard guard(descriptors().mutex);
    struct stat status {};
    if (::fstat(m_descriptor, &status) != 0) return;
    // Nothing has become of it, on a full disk for example: it would be taken for a damaged one.
    if (status.st_size == 0) ::unlink(m_database.c_str());
    ::flock(m_descriptor, LOCK_UN);
    if (Descriptors::Kept* kept = descriptors().find(status)) kept->held = false;
}

} // namespace diapason
