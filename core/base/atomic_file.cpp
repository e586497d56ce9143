#include "core/base/atomic_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr const char* marker = ".tmp-diapason-";

fs::path folder_of(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

// As the kernel would give them to a new file. umask() itself can only be read by setting it, for all threads.
mode_t permissions_of_new_files() {
    std::ifstream status("/proc/self/status");
    std::string name, value;
    while (status >> name) {
        if (name == "Umask:" && status >> value)
            return 0666 & ~static_cast<mode_t>(std::strtoul(value.c_str(), nullptr, 8));
    }
    return 0600;
}

void sync_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    (void)::fsync(descriptor); // some file systems refuse this; what is in it has been made
    ::close(descriptor);
}

Error not_a_file(const fs::path& target) {
    return {ErrorKind::storage,
            {"is not a regular file, so it is not replaced", target.string(), {}, {}, "Choose another name"}};
}

} // namespace

AtomicFile::AtomicFile(fs::path target) : m_target(std::move(target)) {
    // A link stays a link, and its file is replaced; a device or a FIFO is never turned into a file.
    std::error_code error;
    if (fs::is_symlink(fs::symlink_status(m_target))) {
        if (const fs::path file = fs::weakly_canonical(m_target, error); !error) m_target = file;
    }
    struct stat before {};
    const bool there = ::lstat(m_target.c_str(), &before) == 0;
    if (there && !S_ISREG(before.st_mode)) throw not_a_file(m_target);
    // In the same folder, since a rename cannot leave its file system.
    m_temporary = (folder_of(m_target) / (m_target.filename().string() + marker + "XXXXXX")).string();
    m_descriptor = ::mkostemp(m_temporary.data(), O_CLOEXEC);
    if (m_descriptor < 0) {
        m_temporary.clear();
        fail("cannot be created", errno);
    }
    ::fchmod(m_descriptor, there ? before.st_mode & 07777 : permissions_of_new_files());
}

AtomicFile::~AtomicFile() {
    if (m_descriptor >= 0) ::close(m_descriptor);
    if (!m_temporary.empty()) ::unlink(m_temporary.c_str());
}

void AtomicFile::fail(const std::string& doing, int error) {
    throw Error(ErrorKind::storage, {doing + ": " + std::strerror(error) + "; the previous content is unchanged",
                                     m_target.string(),
                                     {},
                                     {},
                                     error == ENOSPC || error == EDQUOT ? "Free some space and try again" : ""});
}

void AtomicFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail("cannot be written", written == 0 ? EIO : errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
        m_size += static_cast<std::uint64_t>(written);
    }
}

void AtomicFile::commit() {
    if (::fsync(m_descriptor) != 0) fail("cannot be written to disk", errno);
    struct stat status {};
    if (::fstat(m_descriptor, &status) != 0 || static_cast<std::uint64_t>(status.st_size) != m_size)
        fail("is incomplete", EIO);
    const int descriptor = m_descriptor;
    m_descriptor = -1;
    if (::close(descriptor) != 0) fail("cannot be closed", errno);
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) fail("cannot be renamed", errno);
    m_temporary.clear();
    sync_folder(folder_of(m_target));
}

void write_file_atomically(const fs::path& target, std::string_view content) {
    AtomicFile file(target);
    file.append(content);
    file.commit();
}

void make_folders(const fs::path& folder) {
    std::error_code error;
    if (folder.empty() || fs::is_directory(folder, error)) return;
    const fs::path above = folder_of(folder.has_filename() ? folder : folder.parent_path());
    make_folders(above);
    if (!fs::create_directory(folder, error) && error)
        throw Error(ErrorKind::storage, {"cannot be created: " + error.message(), folder.string(), {}, {}, {}});
    sync_folder(above);
}

void sweep_temporary_files(const fs::path& folder) {
    std::error_code error;
    for (const auto& item : fs::directory_iterator(folder, error)) {
        if (item.path().filename().string().find(marker) == std::string::npos) continue;
        // Somebody may be writing it at this moment; what is older than an hour is litter.
        const auto age = fs::file_time_type::clock::now() - item.last_write_time(error);
        if (!error && age > std::chrono::hours(1)) fs::remove(item.path(), error);
    }
}

} // namespace diapason
