#include "core/store/writer_lock.h"

#include "core/base/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
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

} // namespace

WriterLock::WriterLock(const std::filesystem::path& database) {
    const std::filesystem::path folder = database.has_parent_path() ? database.parent_path() : ".";
    if (is_network_file_system(folder)) {
        throw Error(ErrorKind::storage, {"lies on a network file system, where a database can be damaged",
                                         database.string(),
                                         {},
                                         {},
                                         "Choose a local folder with --db"});
    }
    std::filesystem::path file = database;
    file += ".lock";
    m_descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (m_descriptor < 0) {
        throw Error(ErrorKind::storage, {std::string("cannot be written: ") + std::strerror(errno),
                                         database.string(),
                                         {},
                                         {},
                                         "Check the permissions of the folder, or choose another database with --db"});
    }
    if (::flock(m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = {};
        const ssize_t n = ::pread(m_descriptor, holder, sizeof holder - 1, 0);
        ::close(m_descriptor);
        throw Error(ErrorKind::locked, {"is being written by another Diapason" +
                                            (n > 0 ? " (process " + std::string(holder) + ")" : std::string()),
                                        database.string(),
                                        {},
                                        {},
                                        "Close it, or choose another database with --db"});
    }
    const std::string self = std::to_string(::getpid());
    if (::ftruncate(m_descriptor, 0) != 0 || ::pwrite(m_descriptor, self.data(), self.size(), 0) < 0) {
        // Only the message of a second program would miss the number.
    }
}

WriterLock::~WriterLock() {
    ::close(m_descriptor);
}

} // namespace diapason
