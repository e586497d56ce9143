#include "core/store/backup.h"

#include "core/base/atomic_file.h"
#include "core/store/connection.h"
#include "core/store/run_folder.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace diapason {
namespace {

namespace fs = std::filesystem;

constexpr auto a_day = std::chrono::hours(24);
constexpr int operations_between_looks = 100000;

std::string time_for_name() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts);
    return text;
}

// Named as backups are: what else lies there is somebody else's.
bool is_backup(const fs::path& file, const fs::path& database) {
    const std::string name = file.filename().string(), start = database.stem().string() + "-", end = ".db";
    constexpr std::string_view form = "dddddddd-dddddd";
    if (name.size() != start.size() + form.size() + end.size() || !name.starts_with(start) || !name.ends_with(end))
        return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const char c = name[start.size() + i];
        if (form[i] == 'd' ? c < '0' || c > '9' : c != form[i]) return false;
    }
    std::error_code error;
    return fs::is_regular_file(fs::symlink_status(file, error));
}

// What SQLite has written reaches the disk before the name says that it is a backup.
void publish(const fs::path& part, const fs::path& target) {
    const int file = ::open(part.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const int problem = errno;
    if (file >= 0) ::close(file);
    if (!synced || ::rename(part.c_str(), target.c_str()) != 0)
        throw Error(ErrorKind::storage, {std::string("cannot be written: ") + std::strerror(synced ? errno : problem),
                                         target.string(),
                                         {},
                                         {},
                                         {}});
}

bool has_studies(Connection& connection) {
    return connection.value("SELECT count(*) FROM sqlite_master WHERE name = 'study'") > 0 &&
           connection.value("SELECT count(*) FROM (SELECT 1 FROM study LIMIT 1)") > 0;
}

} // namespace

fs::path backups_folder_of(const fs::path& database) {
    fs::path folder = database_itself(database);
    return folder += ".backups";
}

std::vector<fs::path> backups_of(const fs::path& database) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(backups_folder_of(database), error))
        if (is_backup(item.path(), database)) files.push_back(item.path());
    std::sort(files.rbegin(), files.rend());
    return files;
}

fs::path back_up(const fs::path& database, const std::atomic<bool>& stop) {
    const fs::path folder = backups_folder_of(database);
    if (std::error_code none; fs::is_symlink(fs::symlink_status(folder, none)))
        throw Error(ErrorKind::storage,
                    {"is a link, so no backup is put there", folder.string(), {}, {}, "Remove the link"});
    make_folders(folder);
    const fs::path target = folder / (database.stem().string() + "-" + time_for_name() + ".db");
    fs::path part = target;
    part += ".part";
    std::error_code ignored;
    fs::remove(part, ignored);
    try {
        Connection connection(database, Connection::Mode::read_only);
        sqlite3_progress_handler(
            connection.handle(), operations_between_looks,
            [](void* stop_flag) { return static_cast<const std::atomic<bool>*>(stop_flag)->load() ? 1 : 0; },
            const_cast<std::atomic<bool>*>(&stop));
        Statement copy(connection, "VACUUM INTO ?");
        copy.bind(1, fs::absolute(part).string()); // a relative one may be taken for a URI
        copy.run();
    } catch (const Error&) {
        fs::remove(part, ignored);
        if (stop) return {};
        throw;
    }
    if (stop) {
        fs::remove(part, ignored);
        return {};
    }
    publish(part, target);
    const std::vector<fs::path> all = backups_of(database);
    for (std::size_t i = backups_kept; i < all.size(); ++i)
        fs::remove(all[i], ignored);
    return target;
}

DailyBackup::DailyBackup(const fs::path& database) {
    const std::vector<fs::path> latest = backups_of(database);
    std::error_code error;
    if (!latest.empty() && fs::file_time_type::clock::now() - fs::last_write_time(latest.front(), error) < a_day &&
        !error)
        return;
    m_thread = std::thread([this, database] {
        try {
            Connection connection(database, Connection::Mode::read_only);
            if (has_studies(connection)) back_up(database, m_stop);
        } catch (const Error&) { // a full disk, a folder that cannot be written: tried again at the next start
        }
    });
}

DailyBackup::~DailyBackup() {
    m_stop = true;
    if (m_thread.joinable()) m_thread.join();
}

} // namespace diapason
