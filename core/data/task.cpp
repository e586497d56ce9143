#include "core/data/task.h"

#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/rng.h"
#include "core/base/words.h"

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

std::string fill(std::string text, const Example& example) {
    for (const auto& [key, value] :
         {std::pair<std::string, const std::string&>{"{pair}", example.pair}, {"{target}", example.target}}) {
        if (const auto at = text.find(key); at != std::string::npos) text.replace(at, key.size(), value);
    }
    return text;
}

// A template with an example in it, cut to `room` tokens: the text gives way, the template's own words stay.
std::vector<std::int64_t> filled_tokens(const Tokenizer& tokenizer, const std::string& text_template,
                                        const Example& example, std::size_t room) {
    const auto at = text_template.find("{text}");
    const std::string before = fill(text_template.substr(0, at), example);
    const std::string after = fill(text_template.substr(at + 6), example);
    const auto tail =
        after.empty() ? std::vector<std::int64_t>() : tokenizer.encode(after, {.add_special_tokens = false}).ids;
    auto ids = tokenizer
                   .encode(before + example.text,
                           {.add_special_tokens = false, .max_length = room - std::min(room - 1, tail.size())})
                   .ids;
    ids.insert(ids.end(), tail.begin(), tail.end());
    return ids;
}

// The question in front of {answer} and behind it. A space in front belongs to the answer: tokenizers join it to words.
std::pair<std::string, std::string> around_answer(const Task& task) {
    const auto at = task.question.find("{answer}");
    std::string before = task.question.substr(0, at);
    if (before.ends_with(' ')) before.pop_back();
    return {before, task.question.substr(at + 8)};
}

std::string text_field(const Json& document, const char* name, const std::string& fallback,
                       std::vector<Problem>& problems) {
    const auto found = document.find(name);
    if (found == document.end()) return fallback;
    if (found->is_string()) return found->get<std::string>();
    problems.push_back({name, found->dump(), "a text is needed", {}});
    return fallback;
}

} // namespace

bool is_question(const std::string& text) {
    const auto place = text.find("{text}"), answer = text.find("{answer}");
    return place != std::string::npos && answer != std::string::npos && place < answer;
}

Task read_task(const fs::path& file) {
    const Json document = read_json(file);
    const std::string origin = file.string();
    if (!document.is_object() || document.value("format", Json()) != "diapason-task") {
        throw input_error(origin, "is no task file: \"format\": \"diapason-task\" is missing");
    }
    static const std::set<std::string> known = {
        "format",  "version",        "id",      "title",    "description",      "kind",     "data",
        "reader",  "columns",        "labels",  "template", "target_template",  "question", "max_tokens",
        "metrics", "primary_metric", "licence", "source",   "max_target_tokens"};
    std::vector<Problem> problems;
    for (const auto& [key, value] : document.items()) {
        if (known.count(key) == 0) {
            const std::string near = nearest_name(key, {known.begin(), known.end()});
            problems.push_back({key, {}, "there is no such field", near.empty() ? "" : "Did you mean " + near + "?"});
        }
    }
    Task task;
    task.id = text_field(document, "id", file.stem().string(), problems);
    task.title = text_field(document, "title", task.id, problems);
    task.description = text_field(document, "description", "", problems);
    const std::string kind = text_field(document, "kind", "classification", problems);
    if (kind == "generation")
        task.kind = TaskKind::generation;
    else if (kind != "classification")
        problems.push_back({"kind", kind, "it must be classification or generation", {}});
    task.reader = text_field(document, "reader", "jsonl", problems);
    task.text_template = text_field(document, "template", "{text}", problems);
    task.target_template = text_field(document, "target_template", "{target}", problems);
    task.question = text_field(document, "question", task.text_template + " {answer}", problems);
    task.licence = text_field(document, "licence", "", problems);
    task.source = text_field(document, "source", "", problems);
    const auto size = [&](const char* name, std::int64_t fallback) {
        const auto found = document.find(name);
        if (found == document.end()) return fallback;
        if (found->is_number_integer() && found->get<std::int64_t>() >= 1 && found->get<std::int64_t>() <= 1'000'000)
            return found->get<std::int64_t>();
        problems.push_back({name, found->dump(), "a whole number from 1 to 1000000 is needed", {}});
        return fallback;
    };
    task.max_tokens = size("max_tokens", 128);
    task.max_target_tokens = size("max_target_tokens", 32);
    const auto texts = [&](const char* name, auto&& use) {
        const auto found = document.find(name);
        if (found == document.end() || !found->is_object()) {
            problems.push_back({name, {}, "an object of texts is needed", {}});
            return;
        }
        for (const auto& [key, value] : found->items()) {
            if (value.is_string())
                use(key, value.template get<std::string>());
            else
                problems.push_back({std::string(name) + "." + key, value.dump(), "a text is needed", {}});
        }
    };
    texts("data",
          [&](const std::string& split, const std::string& path) { task.data[split] = file.parent_path() / path; });
    texts("columns", [&](const std::string& field, const std::string& column) { task.columns[field] = column; });
    for (const char* split : {"train", "validation", "test"}) {
        if (task.data.count(split) == 0) problems.push_back({std::string("data.") + split, {}, "is missing", {}});
    }
    if (task.columns.count("text") == 0) problems.push_back({"columns.text", {}, "is missing", {}});
    if (task.text_template.find("{text}") == std::string::npos)
        problems.push_back({"template", task.text_template, "{text} is missing", {}});
    if (!is_question(task.question)) problems.push_back({"question", task.question, question_rule, {}});
    if (task.kind == TaskKind::classification) {
        const Json labels = document.value("labels", Json::array());
        std::set<std::string> seen;
        for (const Json& label : labels) {
            TaskLabel entry;
            if (label.is_string())
                entry.id = entry.words = label.get<std::string>();
            else if (label.is_object() && label.value("id", Json()).is_string())
                entry = {label.at("id").get<std::string>(), label.value("words", label.at("id").get<std::string>())};
            if (entry.id.empty() || !seen.insert(entry.id).second)
                problems.push_back({"labels", label.dump(), "a label needs an id of its own", {}});
            else
                task.labels.push_back(entry);
        }
        if (task.labels.size() < 2) problems.push_back({"labels", {}, "two labels or more are needed", {}});
        if (task.columns.count("label") == 0) problems.push_back({"columns.label", {}, "is missing", {}});
    } else if (task.columns.count("target") == 0) {
        problems.push_back({"columns.target", {}, "is missing", {}});
    }
    for (const Json& metric : document.value("metrics", Json::array())) {
        if (metric.is_string()) task.metrics.push_back(metric.get<std::string>());
    }
    if (task.metrics.empty())
        task.metrics = task.kind == TaskKind::classification ? std::vector<std::string>{"accuracy", "macro_f1"}
                                                             : std::vector<std::string>{"rouge_l", "bleu"};
    task.primary_metric = text_field(document, "primary_metric", task.metrics.front(), problems);
    throw_if_any(problems, origin);
    return task;
}

Task task_of_data_file(const fs::path& file) {
    Task task;
    task.id = task.title = file.stem().string();
    task.description = "Rows of " + file.filename().string() + ", split by a hash of their text";
    const std::vector<std::string> readers = reader_names();
    task.reader = file.extension().empty() ? "" : file.extension().string().substr(1);
    if (std::count(readers.begin(), readers.end(), task.reader) == 0)
        throw input_error(file.string(), "no reader is known for such files",
                          "Files that can be a task end with one of " + joined(readers) + "; others need a task file");
    // The commonest names of the text column are tried; the message of the last attempt names what was looked for.
    Dataset data;
    for (const char* column : {"sentence", "text"}) {
        task.columns = {{"text", column}, {"label", "label"}};
        try {
            data = read_dataset(task.reader, file, task.columns);
            break;
        } catch (const Error&) {
            if (std::string(column) == "text") throw;
        }
    }
    std::set<std::string> labels;
    for (const Example& example : data)
        labels.insert(example.label);
    if (labels.size() < 2 || labels.size() > 1000) {
        throw input_error(file.string(), "has " + std::to_string(labels.size()) +
                                             " different labels; from 2 to 1,000 make a classification task");
    }
    for (const std::string& label : labels)
        task.labels.push_back({label, label});
    for (const char* split : {"train", "validation", "test"})
        task.data[split] = file;
    task.metrics = {"accuracy", "macro_f1"};
    task.primary_metric = "accuracy";
    return task;
}

std::vector<Task> list_tasks() {
    std::vector<Task> tasks;
    for (const auto& [folder, embedded] :
         {std::pair{resource_folder() / "tasks", true}, std::pair{home_folder() / "tasks", false}}) {
        std::error_code error;
        std::vector<fs::path> files;
        for (const auto& item : fs::directory_iterator(folder, error)) {
            if (item.path().extension() == ".json") files.push_back(item.path());
        }
        std::sort(files.begin(), files.end());
        for (const fs::path& path : files) {
            tasks.push_back(read_task(path));
            tasks.back().embedded = embedded;
        }
    }
    return tasks;
}

Task load_task(const std::string& id_or_path) {
    std::vector<std::string> ids;
    for (Task& task : list_tasks()) {
        if (task.id == id_or_path) return std::move(task);
        ids.push_back(task.id);
    }
    const fs::path path(id_or_path);
    if (fs::is_regular_file(path)) return path.extension() == ".json" ? read_task(path) : task_of_data_file(path);
    const std::string near = nearest_name(id_or_path, ids);
    throw config_error("task", id_or_path, "there is no such task, and no file of this name",
                       near.empty() ? "" : "Did you mean " + near + "?");
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
    if (task.kind != TaskKind::classification) return data;
    auto index = std::make_shared<std::map<std::string, int>>();
    for (const TaskLabel& label : task.labels)
        index->emplace(label.id, static_cast<int>(index->size()));
    std::set<std::string> unknown;
    for (const Example& example : data) {
        if (index->count(example.label) == 0) unknown.insert(example.label);
    }
    if (!unknown.empty()) {
        std::string list;
        std::size_t listed = 0;
        for (const std::string& label : unknown) {
            if (++listed <= 20) list += (list.empty() ? "\"" : ", \"") + label + "\"";
        }
        throw input_error(found->second.string(), "holds labels that the task does not name: " + list,
                          "Add them to labels of the task " + task.id);
    }
    return mapped(std::move(data), [index](Example example) {
        example.label_index = index->at(example.label);
        return example;
    });
}

EncodedExample encode_example(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t end_id,
                              std::int64_t bos_id) {
    EncodedExample encoded;
    encoded.label_index = example.label_index;
    const auto room = static_cast<std::size_t>(task.max_tokens);
    if (task.kind == TaskKind::classification && task.text_template == "{text}") {
        const bool paired = task.columns.count("pair") != 0;
        Encoding encoding = paired ? tokenizer.encode_pair(example.text, example.pair, {.max_length = room})
                                   : tokenizer.encode(example.text, {.max_length = room});
        encoded.ids = std::move(encoding.ids);
        encoded.type_ids = std::move(encoding.type_ids);
    } else {
        if (bos_id >= 0) encoded.ids.push_back(bos_id);
        const auto text =
            filled_tokens(tokenizer, task.text_template, example, std::max<std::size_t>(1, room - encoded.ids.size()));
        encoded.ids.insert(encoded.ids.end(), text.begin(), text.end());
        encoded.type_ids.assign(encoded.ids.size(), 0);
    }
    if (encoded.ids.empty()) throw input_error(example.id, "the text has no tokens");
    if (task.kind == TaskKind::generation) {
        encoded.target_ids =
            tokenizer
                .encode(fill(task.target_template, example),
                        {.add_special_tokens = false, .max_length = static_cast<std::size_t>(task.max_target_tokens)})
                .ids;
        if (end_id >= 0) encoded.target_ids.push_back(end_id);
    }
    return encoded;
}

Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example, std::size_t room) {
    if (task.kind == TaskKind::generation) return {filled_tokens(tokenizer, task.text_template, example, room), {}};
    const auto [before, behind] = around_answer(task);
    return {filled_tokens(tokenizer, before, example, room),
            tokenizer.encode(fill(behind, example), {.add_special_tokens = false}).ids};
}

std::vector<std::int64_t> answer_tokens(const Task& task, const Tokenizer& tokenizer, const std::string& words) {
    Example example;
    example.target = words;
    const bool spaced = task.question[task.question.find("{answer}") - 1] == ' ';
    const std::string text =
        task.kind == TaskKind::generation ? fill(task.target_template, example) : (spaced ? " " : "") + words;
    return tokenizer
        .encode(text, {.add_special_tokens = false, .max_length = static_cast<std::size_t>(task.max_target_tokens)})
        .ids;
}

} // namespace diapason
