// What studies refer to: backbones and tasks, each read once as long as its files stay what they are.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/base/error.h"
#include "core/data/task.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// What a name of a study leads to, or why it leads nowhere.
template <class T>
struct Found {
    /// As specifications of runs say it: the name of what is listed, else a path that is good in any folder.
    std::string name;
    std::shared_ptr<const T> value; ///< null: see error
    std::optional<Error> error;

    const T& get() const { ///< @throws Error
        if (value == nullptr) throw *error;
        return *value;
    }
};

/// Whoever works on studies keeps one of these. Files are recognised by size, times and inode; what has changed is read
/// again. Any thread.
class PlanSources {
public:
    Found<BackboneConfig> backbone(const std::string& name_or_path);
    Found<Task> task(const std::string& id_or_path);
    std::vector<std::string> task_names(); ///< those that are listed and can be read

    /// For tests and for the curious: how often files were read, and how many plans were made of them.
    struct Counts {
        std::size_t configs = 0, tasks = 0, plans = 0;
    };
    Counts counts() const;
    void count_plan();

private:
    template <class T>
    struct Remembered {
        std::string stamp;
        std::shared_ptr<const T> value;
    };
    Task read_task_once(const std::filesystem::path& file);

    mutable std::mutex m_mutex;
    std::map<std::filesystem::path, Remembered<BackboneConfig>> m_configs; ///< by folder
    std::map<std::filesystem::path, Remembered<Task>> m_tasks;             ///< by file
    Counts m_counts;
};

} // namespace diapason
