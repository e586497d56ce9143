// Task files: every field with its type, and what fields say against each other.
#include "core/base/document_version.h"
#include "core/base/error.h"
#include "core/base/fields.h"
#include "core/base/remedy.h"
#include "core/base/words.h"
#include "core/data/task_document.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

namespace diapason {
namespace {

constexpr std::int64_t most_tokens = 1'000'000;
constexpr std::size_t longest_column = 1000; // bytes of a column's name
constexpr const char* needed_splits[] = {"train", "validation", "test"};
constexpr double most_off = 1e-6; // of a sum of shares from 1

std::vector<std::string> field_names() {
    std::vector<std::string> names;
    for (const ExampleField& field : example_fields())
        names.emplace_back(field.name);
    return names;
}

// @return false when it is unknown, so that nothing can be said of what depends on it
bool read_kind(Fields& fields, Task& task) {
    const std::string name = fields.text("kind", task.kind->name());
    if (const TaskKind* known = find_task_kind(name)) {
        task.kind = known;
        return true;
    }
    std::vector<std::string> names;
    for (const TaskKind* kind : task_kinds())
        names.emplace_back(kind->name());
    fields.add("kind", name, "there is no such kind of task", "Choose from " + joined(names));
    return false;
}

// A column's name, or a list of them.
void read_columns(Fields& fields, Task& task) {
    const DataReader* reader = find_reader(task.reader);
    const Json& given = fields.object("columns");
    if (reader != nullptr && !reader->maps_columns() && !given.empty())
        return fields.add("columns", in_one_line(given.dump(), 60),
                          "files of the format " + task.reader + " say themselves what is what", "Leave columns out");
    for (const auto& [field, value] : given.items()) {
        const std::string place = "columns." + field;
        const Json names = value.is_array() ? value : Json::array({value});
        const bool texts = !names.empty() &&
                           std::all_of(names.begin(), names.end(), [](const Json& name) { return name.is_string(); });
        if (!texts) {
            fields.add(place, in_one_line(value.dump(), 60), "must be the name of a column, or a list of names");
            continue;
        }
        const ColumnNames columns = names.get<std::vector<std::string>>();
        if (find_example_field(field) == nullptr)
            fields.add(place, joined(columns), "an example has no such field",
                       did_you_mean(field, field_names(), "Choose from " + joined(field_names())));
        for (const std::string& column : columns) {
            if (column.size() > longest_column)
                fields.add(place, in_one_line(column, 60),
                           "the name of a column may have at most " + std::to_string(longest_column) + " bytes");
        }
        task.columns[field] = columns;
    }
    if (reader == nullptr || !reader->maps_columns()) return;
    for (const std::string& field : task.kind->needed_fields())
        if (task.columns.count(field) == 0) fields.add("columns." + field, {}, "is missing");
}

void read_settings(Fields& fields, Task& task) {
    task.settings = OptionValues::from_json(task.kind->settings(), fields.object("settings"),
                                            fields.address("settings"), fields.problems());
}

void read_reader_options(Fields& fields, Task& task) {
    const DataReader& reader = *find_reader(task.reader);
    const std::size_t before = fields.problems().size();
    const Json& given = fields.object("reader_options");
    task.reader_options =
        OptionValues::from_json(reader.options(), given, fields.address("reader_options"), fields.problems());
    if (fields.problems().size() > before) return;
    if (const std::string fault = reader.fault_of(task.reader_options); !fault.empty())
        fields.add("reader_options", in_one_line(given.dump(), 60), fault);
}

// Rows that the task does without: {"label": ["-"]}.
void read_rows(Fields& fields, Task& task) {
    task.rows.skip_bad = fields.flag("skip_bad_rows", false);
    std::vector<std::string> texts;
    for (const ExampleField& field : example_fields())
        if (std::holds_alternative<std::string Example::*>(field.value)) texts.emplace_back(field.name);
    for (const auto& [name, values] : fields.object("leave_out").items()) {
        const std::string place = "leave_out." + name;
        if (std::find(texts.begin(), texts.end(), name) == texts.end())
            fields.add(place, in_one_line(values.dump(), 60), "an example has no such text",
                       did_you_mean(name, texts, "Choose from " + joined(texts)));
        else if (!values.is_array() || values.empty() ||
                 !std::all_of(values.begin(), values.end(), [](const Json& value) { return value.is_string(); }))
            fields.add(place, in_one_line(values.dump(), 60), "must be a list of texts");
        else
            task.rows.leave_out[name] = values.get<std::vector<std::string>>();
    }
}

// How a file is divided among the splits that share it.
void read_split(Fields& fields, Task& task) {
    Fields rule(fields.object("split"), fields.address("split"), fields.problems());
    task.splits.seed = rule.integer("seed", 0, 0);
    task.splits.stratified = rule.flag("stratified", false);
    task.splits.held_out = rule.texts("held_out");
    double sum = 0;
    const Json& shares = rule.object("shares");
    for (const auto& [split, share] : shares.items()) {
        const bool known = std::count(split_names().begin(), split_names().end(), split) > 0;
        if (!known)
            rule.add("shares." + split, share.dump(), "there is no such split", "Choose from " + joined(split_names()));
        else if (!share.is_number() || share.get<double>() <= 0 || share.get<double>() >= 1)
            rule.add("shares." + split, share.dump(), "must be a number between 0 and 1");
        else
            sum += task.splits.shares[split] = share.get<double>();
    }
    if (!shares.empty() && task.splits.shares.size() == shares.size() && std::abs(sum - 1) > most_off)
        rule.add("shares", shares.dump(), "the shares must sum to 1");
}

void read_data(Fields& fields, const std::filesystem::path& folder, Task& task) {
    task.reader = fields.text("reader", "jsonl");
    const std::vector<std::string> readers = reader_names();
    if (std::count(readers.begin(), readers.end(), task.reader) == 0)
        fields.add("reader", task.reader, "there is no such reader", "Choose from " + joined(readers));
    else
        read_reader_options(fields, task);
    const std::vector<std::string>& splits = split_names();
    for (const auto& [split, path] : fields.named_texts("data")) {
        if (std::count(splits.begin(), splits.end(), split) == 0)
            fields.add("data." + split, path, "there is no such split", "Choose from " + joined(splits));
        task.data[split] = folder / path;
    }
    for (const char* split : needed_splits) {
        if (task.data.count(split) == 0) fields.add(std::string("data.") + split, {}, "is missing");
    }
    read_columns(fields, task);
    read_rows(fields, task);
    read_split(fields, task);
}

void read_templates(Fields& fields, Task& task) {
    task.text_template = fields.text("template", "{text}");
    task.target_template = fields.text("target_template", "{target}");
    task.question = fields.text("question", task.kind->default_question(task));
    task.max_tokens = fields.integer("max_tokens", 128, 1, most_tokens);
    task.max_target_tokens = fields.integer("max_target_tokens", 32, 1, most_tokens);
    if (task.text_template.find("{text}") == std::string::npos)
        fields.add("template", task.text_template, "{text} is missing");
    if (!is_question(task.question)) fields.add("question", task.question, question_rule);
}

// Metrics that there are, that can judge this kind, and one of them for the choice of a step and for tables.
void read_metrics(Fields& fields, Task& task) {
    const std::vector<std::string> fitting = metric_names(task.kind->outcomes());
    const std::string known = "Choose from " + joined(fitting);
    const std::size_t before = fields.problems().size();
    const Json* given = fields.find("metrics");
    task.metrics = fields.texts("metrics");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < task.metrics.size(); ++i) {
        const std::string& name = task.metrics[i];
        const std::string field = "metrics[" + std::to_string(i) + "]";
        const MetricInfo* metric = find_metric(name);
        if (metric == nullptr)
            fields.add(field, name, "there is no such metric", known);
        else if (metric->compares() != task.kind->outcomes())
            fields.add(field, name, std::string("this metric cannot judge a ") + task.kind->name() + " task", known);
        if (!seen.insert(name).second) fields.add(field, name, "this metric appears twice");
    }
    if (task.metrics.empty()) {
        if (given != nullptr && given->is_array() && given->empty())
            fields.add("metrics", "[]", "at least one metric is needed", known);
        task.metrics = task.kind->default_metrics();
    }
    const bool sound = fields.problems().size() == before;
    task.primary_metric = fields.text("primary_metric", task.metrics.front());
    if (sound && std::count(task.metrics.begin(), task.metrics.end(), task.primary_metric) == 0)
        fields.add("primary_metric", task.primary_metric,
                   "is not one of the metrics of this task: " + joined(task.metrics),
                   find_metric(task.primary_metric) == nullptr ? known : "Add it to metrics, or choose one of these");
}

} // namespace

bool is_question(const std::string& text) {
    const auto place = text.find("{text}"), answer = text.find("{answer}");
    return place != std::string::npos && answer != std::string::npos && place < answer;
}

Task task_from_json(const Json& document, const std::filesystem::path& folder, const std::string& origin) {
    if (!document.is_object() || document.value("format", Json()) != "diapason-task") {
        throw input_error(origin, "is not a task file: \"format\": \"diapason-task\" is missing");
    }
    require_version(document, 1, origin, ErrorKind::config);
    std::vector<Problem> problems;
    Task task;
    {
        Fields fields(document, "", problems);
        fields.find("format");
        fields.find("version");
        task.id = fields.text("id", std::filesystem::path(origin).stem().string());
        task.title = fields.text("title", task.id);
        task.description = fields.text("description", "");
        task.licence = fields.text("licence", "");
        task.source = fields.text("source", "");
        const bool known = read_kind(fields, task);
        read_data(fields, folder, task);
        read_templates(fields, task);
        if (known) {
            read_settings(fields, task);
            task.kind->read(fields, task);
            read_metrics(fields, task);
        } else {
            for (const char* field : {"labels", "settings", "metrics", "primary_metric"})
                fields.find(field);
        }
    }
    throw_if_any(problems, origin);
    return task;
}

} // namespace diapason
