#include "experiments/study/plan_sources.h"

#include "core/library/library.h"

#include <algorithm>
#include <sys/stat.h>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// What tells one state of a file from another without opening it.
std::string stamp_of_file(const fs::path& file) {
    struct stat s {};
    if (::stat(file.c_str(), &s) != 0) return {};
    std::string stamp;
    for (const auto part :
         {static_cast<long long>(s.st_dev), static_cast<long long>(s.st_ino), static_cast<long long>(s.st_size),
          static_cast<long long>(s.st_mtim.tv_sec), static_cast<long long>(s.st_mtim.tv_nsec),
          static_cast<long long>(s.st_ctim.tv_sec), static_cast<long long>(s.st_ctim.tv_nsec)})
        stamp += std::to_string(part) + " ";
    return stamp;
}

// A backbone's config depends on which weights lie beside it.
std::string stamp_of_backbone(const fs::path& place) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(place, error))
        files.push_back(item.path());
    std::sort(files.begin(), files.end());
    std::string stamp = files.empty() ? stamp_of_file(place) : std::string();
    for (const fs::path& file : files)
        stamp += file.filename().string() + " " + stamp_of_file(file);
    return stamp;
}

std::string absolute_path(const std::string& path) {
    return fs::absolute(path).lexically_normal().string();
}

} // namespace

Found<BackboneConfig> PlanSources::backbone(const std::string& name_or_path) {
    const std::lock_guard guard(m_mutex);
    Found<BackboneConfig> found{name_or_path, nullptr, {}};
    try {
        const fs::path folder = resolve_backbone(name_or_path);
        if (folder == fs::path(name_or_path)) found.name = absolute_path(name_or_path);
        Remembered<BackboneConfig>& remembered = m_configs[fs::absolute(folder)];
        const std::string stamp = stamp_of_backbone(folder);
        if (remembered.value == nullptr || remembered.stamp != stamp) {
            ++m_counts.configs;
            remembered = {stamp, std::make_shared<const BackboneConfig>(read_backbone_config(folder))};
        }
        found.value = remembered.value;
    } catch (const Error& error) {
        found.error = error;
    }
    return found;
}

Task PlanSources::read_task_once(const fs::path& file) {
    Remembered<Task>& remembered = m_tasks[fs::absolute(file)];
    const std::string stamp = stamp_of_file(file);
    if (remembered.value == nullptr || remembered.stamp != stamp) {
        ++m_counts.tasks;
        remembered = {stamp, std::make_shared<const Task>(read_task_or_data(fs::absolute(file).lexically_normal()))};
    }
    return *remembered.value;
}

Found<Task> PlanSources::task(const std::string& id_or_path) {
    const std::lock_guard guard(m_mutex);
    Found<Task> found{id_or_path, nullptr, {}};
    try {
        Task task = load_task(id_or_path, [this](const fs::path& file) { return read_task_once(file); });
        if (task.id != id_or_path) found.name = absolute_path(id_or_path); // it was not found by its id
        found.value = std::make_shared<const Task>(std::move(task));
    } catch (const Error& error) {
        found.error = error;
    }
    return found;
}

std::vector<std::string> PlanSources::task_names() {
    const std::lock_guard guard(m_mutex);
    std::vector<std::string> names;
    for (const ListedTask& listed : list_tasks([this](const fs::path& file) { return read_task_once(file); })) {
        if (listed.task) names.push_back(listed.task->id);
    }
    return names;
}

PlanSources::Counts PlanSources::counts() const {
    const std::lock_guard guard(m_mutex);
    return m_counts;
}

void PlanSources::count_plan() {
    const std::lock_guard guard(m_mutex);
    ++m_counts.plans;
}

} // namespace diapason
