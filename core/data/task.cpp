#include "core/data/task.h"

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/rng.h"
#include "core/base/words.h"
#include "core/data/filling.h"
#include "core/data/lines.h"
#include "core/data/task_document.h"

#include <algorithm>
#include <set>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// 64-bit FNV-1a: which split a user's row goes to must not change with the order of the file.
std::uint64_t hash_of(const std::string& text) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : text)
        h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return splitmix64(h);
}

std::string split_of(const std::string& text) {
    const std::uint64_t bucket = hash_of(text) % 10;
    return bucket == 8 ? "validation" : bucket == 9 ? "test" : "train";
}

} // namespace

Task read_task(const fs::path& file) {
    return task_from_json(read_json(file), file.parent_path(), file.string());
}

Task task_of_data_file(const fs::path& file) {
    Task task;
    task.id = task.title = file.stem().string();
    task.description = "Rows of " + file.filename().string() + ", split by a hash of their text";
    const std::vector<std::string> readers = reader_names();
    task.reader = file.extension().empty() ? "" : file.extension().string().substr(1);
    if (std::count(readers.begin(), readers.end(), task.reader) == 0)
        throw input_error(file.string(), "there is no reader for such files",
                          "A file used as a task must end with one of " + joined(readers) +
                              "; others need a task file");
    // The commonest names of the text column are tried; the message of the last attempt names what was looked for.
    Dataset data;
    for (const char* column : {"sentence", "text"}) {
        task.columns = {{"text", column}, {"label", "label"}};
        try {
            data = read_dataset(task.reader, file, task.columns);
            break;
        } catch (const Error& error) {
            // In a file without a header each line says what it lacks.
            const bool absent = error.details().field == "columns.text" || task.reader == "jsonl";
            if (!absent || std::string(column) == "text") throw;
        }
    }
    std::set<std::string> labels;
    std::map<std::string, std::string> written; // by what a reader sees
    LineProblems problems(file.string());
    for (const Example& example : data) {
        const std::string seen = without_extra_spaces(example.label);
        const auto [first, fresh] = written.emplace(seen, example.label);
        if (seen.empty())
            problems.add(example.line, "has no label");
        else if (first->second != example.label)
            problems.add(example.line,
                         "has the label \"" + example.label + "\", which other lines write \"" + first->second + "\"");
        labels.insert(example.label);
    }
    problems.throw_if_any();
    if (labels.size() < 2 || labels.size() > 1000) {
        throw input_error(file.string(), "has " + std::to_string(labels.size()) +
                                             " different labels; a classification task needs 2 to 1,000");
    }
    for (const std::string& label : labels)
        task.labels.push_back({label, label});
    for (const char* split : {"train", "validation", "test"})
        task.data[split] = file;
    task.metrics = task.kind->default_metrics();
    task.primary_metric = task.metrics.front();
    return task;
}

Task read_task_or_data(const fs::path& file) {
    return file.extension() == ".json" ? read_task(file) : task_of_data_file(file);
}

std::vector<ListedTask> list_tasks(const TaskReader& read) {
    std::vector<ListedTask> tasks;
    for (const auto& [folder, embedded] :
         {std::pair{tasks_folder(), true}, std::pair{home_folder() / "tasks", false}}) {
        std::error_code error;
        std::vector<fs::path> files;
        for (const auto& item : fs::directory_iterator(folder, error)) {
            if (item.path().extension() == ".json") files.push_back(item.path());
        }
        std::sort(files.begin(), files.end());
        for (const fs::path& path : files) {
            ListedTask& listed = tasks.emplace_back();
            listed.file = path;
            try {
                listed.task = read(path);
                listed.task->embedded = embedded;
            } catch (const Error& why) {
                listed.error = why;
            }
        }
    }
    return tasks;
}

Task load_task(const std::string& id_or_path, const TaskReader& read) {
    const fs::path path(id_or_path);
    std::error_code unreadable; // a name that no file can have
    // Most tasks lie in the file of their name: the others need not be read.
    if (const fs::path named = tasks_folder() / (id_or_path + ".json");
        !path.has_parent_path() && fs::exists(named, unreadable)) {
        Task task = read(named);
        task.embedded = true;
        if (task.id == id_or_path) return task;
    }
    std::vector<std::string> ids;
    for (ListedTask& listed : list_tasks(read)) {
        // One that cannot be read is known by its file's name only.
        if (listed.error && listed.file.stem() == id_or_path) throw *listed.error;
        if (listed.error) continue;
        if (listed.task->id == id_or_path) return std::move(*listed.task);
        ids.push_back(listed.task->id);
    }
    if (fs::is_regular_file(path, unreadable)) return read(path);
    if (fs::exists(path, unreadable))
        throw input_error(path.string(), fs::is_directory(path, unreadable) ? "is a folder" : "is not a regular file",
                          "Give a task file, or a data file that ends with one of " + joined(reader_names()));
    throw config_error("task", id_or_path, "there is no such task, and no file with this name",
                       did_you_mean(id_or_path, ids));
}

Dataset load_split(const Task& task, const std::string& split) {
    const auto found = task.data.find(split);
    if (found == task.data.end()) throw config_error("split", split, "the task " + task.id + " has no such split");
    Dataset data = read_dataset(task.reader, found->second, task.columns);
    // Splits that share a file are cut by a hash of the text.
    const auto sharing = std::count_if(task.data.begin(), task.data.end(),
                                       [&](const auto& item) { return item.second == found->second; });
    if (sharing > 1) {
        std::vector<std::size_t> items;
        for (std::size_t i = 0; i < data.size(); ++i) {
            if (split_of(data[i].text) == split) items.push_back(i);
        }
        data = chosen(std::move(data), std::move(items));
    }
    if (data.empty()) throw input_error(found->second.string(), "the split " + split + " is empty");
    return task.kind->prepared(task, std::move(data), found->second.string());
}

EncodedExample encode_input(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t bos_id) {
    EncodedExample encoded;
    encoded.label_index = example.label_index;
    const auto room = static_cast<std::size_t>(task.max_tokens);
    if (bos_id >= 0) encoded.ids.push_back(bos_id);
    const auto text =
        filled_tokens(tokenizer, task.text_template, example, std::max<std::size_t>(1, room - encoded.ids.size()));
    encoded.ids.insert(encoded.ids.end(), text.begin(), text.end());
    encoded.type_ids.assign(encoded.ids.size(), 0);
    return encoded;
}

EncodedExample encode_example(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t end_id,
                              std::int64_t bos_id) {
    EncodedExample encoded = task.kind->encode(task, tokenizer, example, end_id, bos_id);
    if (encoded.ids.empty()) throw input_error(example.id, "the text has no tokens");
    return encoded;
}

Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example, std::size_t room) {
    return task.kind->ask(task, tokenizer, example, room);
}

std::vector<std::int64_t> answer_tokens(const Task& task, const Tokenizer& tokenizer, const std::string& words) {
    return tokenizer
        .encode(task.kind->answer(task, words),
                {.add_special_tokens = false, .max_length = static_cast<std::size_t>(task.max_target_tokens)})
        .ids;
}

} // namespace diapason
