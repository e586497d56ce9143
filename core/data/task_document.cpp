#include "core/data/task_document.h"

#include "core/base/paths.h"

namespace diapason {
namespace fs = std::filesystem;

namespace {

// What differs from the usual; empty = nothing.
Json to_json(const SplitRule& rule) {
    Json document = Json::object();
    if (rule.seed != 0) document["seed"] = rule.seed;
    if (rule.stratified) document["stratified"] = true;
    if (!rule.shares.empty()) document["shares"] = rule.shares;
    if (!rule.held_out.empty()) document["held_out"] = rule.held_out;
    return document;
}

// What comes with Diapason lies elsewhere on another machine: relative to the folder of its tasks. All else is
// absolute.
std::string portable(const fs::path& file) {
    const fs::path whole = fs::absolute(file).lexically_normal();
    const fs::path within = whole.lexically_relative(resource_folder().lexically_normal());
    const bool ours = !within.empty() && *within.begin() != "..";
    return (ours ? whole.lexically_relative(tasks_folder().lexically_normal()) : whole).generic_string();
}

} // namespace

Json to_json(const Task& task) {
    Json data = Json::object(), columns = Json::object(), labels = Json::array();
    for (const auto& [split, file] : task.data)
        data[split] = portable(file);
    for (const auto& [field, names] : task.columns)
        columns[field] = names.size() == 1 ? Json(names.front()) : Json(std::vector<std::string>(names));
    for (const TaskLabel& label : task.labels)
        labels.push_back({{"id", label.id}, {"words", label.words}});
    Json document = {{"format", "diapason-task"},
                     {"version", 1},
                     {"id", task.id},
                     {"title", task.title},
                     {"description", task.description},
                     {"kind", task.kind->name()},
                     {"reader", task.reader},
                     {"data", std::move(data)}};
    if (!task.reader_options.json().empty()) document["reader_options"] = task.reader_options.json();
    if (!columns.empty()) document["columns"] = std::move(columns);
    if (task.rows.skip_bad) document["skip_bad_rows"] = true;
    if (!task.rows.leave_out.empty()) document["leave_out"] = task.rows.leave_out;
    if (Json rule = to_json(task.splits); !rule.empty()) document["split"] = std::move(rule);
    if (!task.settings.json().empty()) document["settings"] = task.settings.json();
    if (!task.labels.empty()) document["labels"] = std::move(labels);
    const Json rest = {{"template", task.text_template},
                       {"target_template", task.target_template},
                       {"question", task.question},
                       {"max_tokens", task.max_tokens},
                       {"max_target_tokens", task.max_target_tokens},
                       {"metrics", task.metrics},
                       {"primary_metric", task.primary_metric},
                       {"licence", task.licence},
                       {"source", task.source}};
    document.update(rest);
    return document;
}

Task stored_task(const Json& definition, const std::string& origin) {
    return task_from_json(definition, tasks_folder(), origin);
}

fs::path tasks_folder() {
    return resource_folder() / "tasks";
}

} // namespace diapason
