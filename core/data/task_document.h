// A task as a document: what task files hold, and what studies store so that their tasks outlive the files.
#pragma once

#include "core/base/json.h"
#include "core/data/task.h"

#include <filesystem>
#include <string>

namespace diapason {

/// Checks every field, all problems together. @param folder that relative paths of data begin at
/// @param origin for messages @throws Error(config|input)
Task task_from_json(const Json& document, const std::filesystem::path& folder, const std::string& origin);

/// The whole definition. Paths of data are absolute, those of a task that comes with Diapason relative to
/// tasks_folder(): wherever Diapason is moved to, it brings them along.
Json to_json(const Task& task);

/// A definition that to_json() has made. @throws Error(config|input)
Task stored_task(const Json& definition, const std::string& origin);

/// Folder of the tasks that come with Diapason.
std::filesystem::path tasks_folder();

} // namespace diapason
