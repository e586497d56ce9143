#include "experiments/study/plan_sources.h"

#include "core/base/file_stamp.h"
#include "core/library/library.h"

namespace diapason {
namespace fs = std::filesystem;
namespace {

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
        const std::string stamp = folder_stamp(folder); // which weights lie beside a config matters to it
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
    const std::string stamp = file_stamp(file);
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
