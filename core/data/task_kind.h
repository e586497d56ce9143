// Kinds of tasks: what their files say, how an example becomes tokens, what judges the answers. Nobody else asks which
// kind a task is of. What needs a model stands behind the same names in the engine (experiments/engine/answering.h).
#pragma once

#include "core/base/fields.h"
#include "core/data/dataset.h"
#include "core/data/metrics.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

struct Task;

/// What the model reads, and what it has to write where it writes.
struct EncodedExample {
    std::vector<std::int64_t> ids, type_ids;
    std::vector<std::int64_t> target_ids; ///< of kinds that are written: with the end token
    int label_index = -1;
};

/// An example as a language model is asked, in tokens and without special ones.
struct Question {
    std::vector<std::int64_t> before; ///< in front of the answer
    std::vector<std::int64_t> behind; ///< behind it
};

/// What decides whether a backbone can do a task.
struct BackboneAbilities {
    std::string family;
    bool writes = false;            ///< a decoder, or an encoder with one
    std::vector<std::string> heads; ///< that it can have beside its language model's: "sequence_classification"
};

/// One kind; core/data/task_kinds.def lists them. Stateless: everything that a task says is in the Task.
class TaskKind {
public:
    virtual ~TaskKind() = default;
    virtual const char* name() const = 0; ///< as task files say it

    /// Which metrics can judge it.
    virtual OutcomeKind outcomes() const = 0;
    virtual std::vector<std::string> default_metrics() const = 0;
    /// Whether answers are written token by token: scoring them costs far more than their loss.
    virtual bool written() const = 0;
    /// The head that answers, "sequence_classification"; empty = the language model's own.
    virtual std::string head(bool in_words) const = 0;
    /// Empty, or why such a backbone cannot do it.
    virtual std::string refusal(const BackboneAbilities& backbone, bool in_words) const = 0;

    /// Its own fields of a task file, when the common ones are in the task.
    virtual void read(Fields& fields, Task& task) const = 0;
    /// What stands in the way of answers in words.
    virtual std::vector<Problem> problems_in_words(const Task& task) const = 0;
    /// A few words on its answers: "12 labels".
    virtual std::string in_brief(const Task& task) const = 0;
    /// The examples of a file with what training needs. @throws Error(input) naming `file`
    virtual Dataset prepared(const Task& task, Dataset data, const std::string& file) const = 0;

    /// @param end_id closes targets; @param bos_id in front of inputs; -1 = none
    virtual EncodedExample encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                                  std::int64_t end_id, std::int64_t bos_id) const = 0;
    /// @param room tokens in front of the answer, to which the text is cut
    virtual Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example,
                         std::size_t room) const = 0;
    /// What stands in a question's blank when `words` answer it.
    virtual std::string answer(const Task& task, const std::string& words) const = 0;
};

const std::vector<const TaskKind*>& task_kinds();
const TaskKind* find_task_kind(const std::string& name); ///< null when there is none
/// Of task files that name none.
const TaskKind& default_task_kind();

} // namespace diapason
