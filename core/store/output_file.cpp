#include "core/store/output_file.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/store/backup.h"
#include "core/store/run_folder.h"
#include "core/store/store_reader.h"

#include <fstream>
#include <string>

namespace diapason {
namespace {

namespace fs = std::filesystem;

bool is_database(const fs::path& file) {
    std::error_code none;
    if (!fs::is_regular_file(file, none)) return false; // a FIFO would not be opened before somebody writes to it
    constexpr std::string_view magic = "SQLite format 3";
    std::string start(magic.size(), '\0');
    return std::ifstream(file, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size())) &&
           start == magic;
}

// The database itself, its log, or a file of its runs or backups.
bool belongs_to_database(const fs::path& file, const fs::path& database) {
    std::error_code none;
    if (fs::equivalent(file, database, none)) return true;
    const fs::path asked = fs::weakly_canonical(file, none), base = fs::weakly_canonical(database, none);
    for (const char* ending : database_companions) {
        fs::path beside = base;
        if (asked == (beside += ending)) return true;
    }
    const fs::path folder = asked.parent_path();
    return folder == backups_folder_of(base) || folder == files_folder_of(base) ||
           folder.parent_path() == files_folder_of(base);
}

} // namespace

void write_output_file(const fs::path& file, const fs::path& database, std::string_view text) {
    if (is_database(file) || belongs_to_database(file, database))
        throw Error(
            ErrorKind::storage,
            {"is a database or belongs to one, so it is not replaced", file.string(), {}, {}, "Choose another name"});
    write_file_atomically(file, text);
}

} // namespace diapason
