#include "core/data/task.h"

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/words.h"
#include "core/data/filling.h"
#include "core/data/lines.h"
#include "core/data/task_document.h"
#include "core/data/task_guess.h"

#include <algorithm>
#include <set>

namespace diapason {
namespace fs = std::filesystem;

Task read_task(const fs::path& file) {
    return task_from_json(read_json(file), file.parent_path(), file.string());
}

Task task_of_data_file(const fs::path& file) {
    KnownOfTask known;
    known.only_utf8 = true;
    return guess_task(file, known).task;
}

Task read_task_or_data(const fs::path& file) {
    if (file.extension() != ".json") return task_of_data_file(file);
    // Data may be JSON, too.
    FileBeginning beginning{file, {}, true};
    beginning.text = read_beginning(file, 1u << 16, beginning.whole);
    const auto& readers = data_readers();
    const bool data = std::any_of(readers.begin(), readers.end(), [&](const DataReader* reader) {
        return !reader->maps_columns() && !reader->recognised(beginning).empty();
    });
    return data ? task_of_data_file(file) : read_task(file);
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
    if (fs::is_directory(path, unreadable)) return task_of_data_file(path);
    if (fs::exists(path, unreadable))
        throw input_error(path.string(), "is not a regular file",
                          "Give a task file, or a data file that ends with one of " + joined(reader_names()));
    throw config_error("task", id_or_path, "there is no such task, and no file with this name",
                       did_you_mean(id_or_path, ids));
}

Dataset read_rows(const Task& task, const fs::path& file) {
    return read_dataset(task.reader, {file, task.columns, task.reader_options, task.rows});
}

Dataset load_split(const Task& task, const std::string& split) {
    const auto found = task.data.find(split);
    if (found == task.data.end()) throw config_error("split", split, "the task " + task.id + " has no such split");
    Dataset data = read_rows(task, found->second);
    std::set<std::string> sharing;
    for (const auto& [name, file] : task.data)
        if (file == found->second) sharing.insert(name);
    if (sharing.size() > 1) {
        std::vector<std::size_t> rows = rows_of_split(data, task.splits, split, sharing, found->second.string());
        data = chosen(std::move(data), std::move(rows));
    }
    if (data.empty()) throw input_error(found->second.string(), "the split " + split + " is empty");
    data = task.kind->prepared(task, std::move(data), found->second.string());
    if (split == "train" || split == "validation")
        data = in_sample_order(std::move(data), task.sample, [&](const Example& example) {
            std::string answer;
            for (const std::string& part : task.kind->gold(task, example))
                answer += part + '\n';
            return answer;
        });
    return split == "train" ? task.kind->for_training(std::move(data)) : data;
}

EncodedExample encode_input(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t bos_id) {
    EncodedExample encoded;
    const auto room = static_cast<std::size_t>(task.max_tokens);
    if (bos_id >= 0) encoded.ids.push_back(bos_id);
    const auto text =
        filled_tokens(tokenizer, task.text_template, example, std::max<std::size_t>(1, room - encoded.ids.size()));
    encoded.ids.insert(encoded.ids.end(), text.begin(), text.end());
    encoded.type_ids.assign(encoded.ids.size(), 0);
    return encoded;
}

EncodedItem encode_example(const Task& task, const Tokenizer& tokenizer, const Example& example,
                           const EncodingEnds& ends) {
    EncodedItem item = task.kind->encode(task, tokenizer, example, ends);
    for (const EncodedExample& part : item)
        if (part.ids.empty()) throw input_error(example.id, "the text has no tokens");
    return item;
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
