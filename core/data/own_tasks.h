// Tasks that the user keeps: task files in the data folder (tasks/*.json).
#pragma once

#include "core/data/task.h"

#include <filesystem>
#include <string>

namespace diapason {

/// Where a task with this id is kept. @throws Error(config) for an id that cannot be the name of a file
std::filesystem::path own_task_file(const std::string& id);

/// Keeps a task under its id; load_task() and list_tasks() find it there. @param replace one with the same id
/// @throws Error(config) when there is one already; Error(storage)
std::filesystem::path keep_task(const Task& task, bool replace = false);

/// Its data stays where it is. @throws Error(config) when there is no such task of the user's
void remove_task(const std::string& id);

} // namespace diapason
