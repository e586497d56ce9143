#include "core/data/own_tasks.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/data/task_document.h"

#include <algorithm>

namespace diapason {
namespace fs = std::filesystem;

namespace {
constexpr std::size_t longest_id = 200; // bytes, of the 255 that file systems have
} // namespace

fs::path own_task_file(const std::string& id) {
    const bool control = std::any_of(id.begin(), id.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (id.empty() || id.size() > longest_id || control || id.find('/') != std::string::npos || id.front() == '.')
        throw config_error("id", id.substr(0, 60), "cannot be the name of a file",
                           "Choose a name of at most 200 bytes without slashes that does not begin with a point");
    return home_folder() / "tasks" / (id + ".json");
}

fs::path keep_task(const Task& task, bool replace) {
    const fs::path file = own_task_file(task.id);
    std::error_code unreadable;
    if (!replace && fs::exists(file, unreadable))
        throw config_error("id", task.id, "a task with this name already exists: " + file.string(),
                           "Choose another name, or replace that task");
    make_folders(file.parent_path());
    Json document = to_json(task);
    for (const auto& [split, data] : task.data) // also of a copy of what comes with Diapason: the file lies elsewhere
        document["data"][split] = fs::absolute(data).lexically_normal().generic_string();
    write_file_atomically(file, document.dump(2) + "\n");
    return file;
}

void remove_task(const std::string& id) {
    std::error_code error;
    if (!fs::remove(own_task_file(id), error))
        throw config_error("id", id, "you have no task with this name" + (error ? ": " + error.message() : ""),
                           "diapason-cli tasks lists them");
}

} // namespace diapason
