// Tasks as a user writes them: rows in JSON lines and a task file beside them.
#pragma once

#include "core/data/task.h"
#include "tests/support/test_support.h"

#include <map>
#include <string>

namespace diapason::testing {

/// Columns are called as the kind's fields are. @param rows of each split @param changes over the task file
inline Task task_of_rows(const std::filesystem::path& folder, const std::string& kind,
                         const std::map<std::string, std::string>& rows, const Json& changes = Json::object()) {
    Json document = {{"format", "diapason-task"}, {"version", 1}, {"id", kind}, {"kind", kind}};
    for (const auto& [split, text] : rows) {
        write_text(folder / (split + ".jsonl"), text);
        document["data"][split] = split + ".jsonl";
    }
    for (const std::string& field : find_task_kind(kind)->needed_fields())
        document["columns"][field] = field;
    document.merge_patch(changes);
    write_text(folder / "task.json", document.dump());
    return read_task(folder / "task.json");
}

} // namespace diapason::testing
