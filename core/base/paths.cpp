#include "core/base/paths.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"

#include <cstdlib>
#include <system_error>

namespace diapason {
namespace fs = std::filesystem;
namespace {

fs::path& chosen_home() {
    static fs::path folder;
    return folder;
}

const char* environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

} // namespace

fs::path program_folder() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    // The working folder instead would let a stranger's files stand in for ours.
    if (error) throw Error(ErrorKind::internal, "the program's own folder is unknown: /proc/self/exe cannot be read");
    return self.parent_path();
}

fs::path program_library(const std::string& name) {
    const fs::path own = program_folder();
    for (const fs::path& file :
         {own / name, own.parent_path() / "lib" / "diapason" / name, own.parent_path() / "bin" / name}) {
        if (fs::is_regular_file(file)) return file;
    }
    throw Error(
        ErrorKind::internal,
        {"this library of Diapason is missing", (own / name).string(), {}, {}, "Build it with ./run --setup-only"});
}

fs::path resource_folder() {
    if (const char* given = environment("DIAPASON_RESOURCES")) return given;
    // Installed: bin/ beside share/. Built: build/<preset>/<folder> in the source tree, whose root holds resources/.
    const fs::path own = program_folder();
    for (const fs::path& folder :
         {own.parent_path() / "share" / "diapason", own.parent_path().parent_path().parent_path() / "resources"}) {
        if (fs::is_directory(folder / "backbones")) return folder;
    }
    throw Error(ErrorKind::internal, {"the folder with Diapason's resources was not found beside " + own.string(),
                                      {},
                                      {},
                                      {},
                                      "Set DIAPASON_RESOURCES to the folder that contains backbones/ and tasks/"});
}

fs::path home_folder() {
    fs::path folder = chosen_home();
    if (folder.empty()) {
        if (const char* own = environment("DIAPASON_HOME"))
            folder = own;
        else if (const char* data = environment("XDG_DATA_HOME"))
            folder = fs::path(data) / "diapason";
        else if (const char* user = environment("HOME"))
            folder = fs::path(user) / ".local/share/diapason";
        else
            throw Error(ErrorKind::storage, "no folder for data: neither DIAPASON_HOME nor HOME is set");
    }
    try {
        make_folders(folder);
    } catch (const Error& error) {
        ErrorDetails details = error.details();
        details.remedy = "Choose another folder with --home or DIAPASON_HOME";
        throw Error(ErrorKind::storage, details);
    }
    return folder;
}

void set_home_folder(const fs::path& folder) {
    chosen_home() = folder;
}

fs::path default_database() {
    return home_folder() / "diapason.db";
}

bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

} // namespace diapason
