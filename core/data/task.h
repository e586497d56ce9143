// A task: data, how an example becomes input and labels, and the metrics that judge it.
#pragma once

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/data/readers.h"
#include "core/data/splits.h"
#include "core/data/task_kind.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

struct TaskLabel {
    std::string id;    ///< as in the data
    std::string words; ///< natural-language verbalizer
};

struct Task {
    std::string id, title, description;
    const TaskKind* kind = &default_task_kind(); ///< never null
    std::string reader;
    OptionValues reader_options;                       ///< of that reader
    std::map<std::string, std::filesystem::path> data; ///< split (train, validation, test, ood) → file
    ColumnMap columns;
    RowRules rows;                        ///< which of the files are left out
    SplitRule splits;                     ///< how splits divide a file that they share
    SampleRule sample;                    ///< of training and validation; of a run, not in task files
    OptionValues settings;                ///< TaskKind::settings of its kind
    std::vector<TaskLabel> labels;        ///< of kinds that answer with some of them; else empty
    std::string text_template = "{text}"; ///< around the text; {text} and {pair}
    std::string target_template = "{target}";
    /// As a language model is asked: {answer} is where the answer's words stand; {text}, {pair}.
    std::string question = "{text} {answer}";
    std::int64_t max_tokens = 128; ///< of the input, special tokens included
    std::int64_t max_target_tokens = 32;
    std::vector<std::string> metrics; ///< of the catalogue, and comparing what the kind yields
    std::string primary_metric;       ///< one of them
    std::string licence, source;
    bool embedded = false;

    std::int64_t classes() const { return static_cast<std::int64_t>(labels.size()); }
};

/// A question holds the text and behind it the answer's place.
bool is_question(const std::string& text);
inline constexpr const char* question_rule = "must contain {text}, followed by {answer}";

/// Reads and validates a task file, all problems together. @throws Error(config|input|incompatible)
Task read_task(const std::filesystem::path& file);

/// A task made of one data file of the user as guess_task() reads it (core/data/task_guess.h). @throws Error(input)
Task task_of_data_file(const std::filesystem::path& file);

/// A task file, or a data file as a task.
Task read_task_or_data(const std::filesystem::path& file);
/// How a task's file is read: whoever looks for tasks often remembers what files said.
using TaskReader = std::function<Task(const std::filesystem::path& file)>;

/// A file among the tasks that can be named, or why it cannot be read: one of these must not hide the others.
struct ListedTask {
    std::filesystem::path file;
    std::optional<Task> task;
    std::optional<Error> error; ///< when there is no task
};

/// Tasks that come with Diapason, then those in the user's home (tasks/*.json).
std::vector<ListedTask> list_tasks(const TaskReader& read = read_task);
/// A known id, a task file, or a data file. @throws Error(config) naming the nearest known id
Task load_task(const std::string& id_or_path, const TaskReader& read = read_task_or_data);

/// All rows of a file as the task reads it. @throws Error(input|config)
Dataset read_rows(const Task& task, const std::filesystem::path& file);

/// The examples of one split with label_index set, in the order in which samples are taken; unknown labels are listed.
/// @throws Error(input|config)
Dataset load_split(const Task& task, const std::string& split);

/// By the task's kind. The text is cut so that the template and special tokens always stay.
/// @throws Error(input) when nothing is left
EncodedItem encode_example(const Task& task, const Tokenizer& tokenizer, const Example& example,
                           const EncodingEnds& ends);
/// For kinds: the input by Task::text_template, without what the tokenizer puts around a text.
EncodedExample encode_input(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t bos_id);

/// By Task::question, or by the template of a generation task. The text is cut to `room` tokens in front of the answer,
/// the template's own words stay.
Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example, std::size_t room);
/// What stands in its blank: a choice or an example's target, with the space that the question has in front.
std::vector<std::int64_t> answer_tokens(const Task& task, const Tokenizer& tokenizer, const std::string& words);

} // namespace diapason
