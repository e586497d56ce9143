// What several kinds of tasks share.
#pragma once

#include "core/data/lines.h"
#include "core/data/task.h"

#include <functional>
#include <map>
#include <string>

namespace diapason {

#define DIAPASON_TASK_KIND(name) const TaskKind& name##_kind();
#include "core/data/kinds/task_kinds.def"
#undef DIAPASON_TASK_KIND

/// The "labels" of a task file, checked. @param kind for messages: "a classification task"
void read_labels(Fields& fields, Task& task, const std::string& kind);
/// The labels of all examples, as a task's own. @param of the labels of one @param least so many are needed
/// @throws Error(input)
void adopt_labels(Task& task, const Dataset& data, const std::string& file,
                  const std::function<std::vector<std::string>(const Example&)>& of, std::size_t least);
/// Position in Task::labels by id.
std::map<std::string, int> label_places(const Task& task);
/// Words for every label, and each its own.
std::vector<Problem> problems_of_label_words(const Task& task);

/// A metric's defaults, but for this option where it has it.
OptionValues with_option(const MetricInfo& metric, const std::string& option, const std::string& value);

/// The examples of which `check` has nothing to say (empty). The others are listed by their lines, or left out where
/// the task skips bad rows. @throws Error(input)
Dataset sound_examples(const Task& task, Dataset data, const std::string& file,
                       const std::function<std::string(const Example&)>& check, const std::string& remedy = {});

/// A text, or with a column for it a pair, as the tokenizer puts them together; by Task::text_template where it is not
/// the text alone. Cut to `room`.
EncodedExample encode_text(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t bos_id);

/// In front of {answer} and behind it, of Task::question. A space in front belongs to the answer: tokenizers join it to
/// words.
struct AroundAnswer {
    std::string before, behind;
    bool spaced = false; ///< a space stood there
};
AroundAnswer around_answer(const Task& task);

} // namespace diapason
