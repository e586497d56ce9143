#include "core/base/folder_lock.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace diapason {

FolderLock::FolderLock(const std::filesystem::path& folder, std::chrono::milliseconds wait,
                       const std::function<bool()>& give_up) {
    make_folders(folder);
    m_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (m_descriptor < 0)
        throw Error(ErrorKind::storage,
                    {std::string("cannot be opened: ") + std::strerror(errno), folder.string(), {}, {}, {}});
    const auto end = std::chrono::steady_clock::now() + wait;
    while (::flock(m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int problem = errno;
        const bool held = problem == EWOULDBLOCK;
        if (held && std::chrono::steady_clock::now() < end && !(give_up && give_up())) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            continue;
        }
        ::close(m_descriptor);
        if (held)
            throw Error(ErrorKind::locked, {"another process is working in this folder",
                                            folder.string(),
                                            {},
                                            {},
                                            "Wait for it to finish, then try again"});
        throw Error(ErrorKind::storage,
                    {std::string("cannot be locked: ") + std::strerror(problem), folder.string(), {}, {}, {}});
    }
}

FolderLock::~FolderLock() {
    ::close(m_descriptor);
}

} // namespace diapason
