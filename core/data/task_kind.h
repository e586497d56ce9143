// Kinds of tasks: what their files say, how an example becomes tokens, what judges the answers. Nobody else asks which
// kind a task is of. What needs a model stands behind the same names in the engine (experiments/engine/answering.h).
#pragma once

#include "core/base/fields.h"
#include "core/base/options.h"
#include "core/data/dataset.h"
#include "core/data/metrics.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

struct Task;

/// What the model reads, what it has to write where it writes, and what it has to find.
struct EncodedExample {
    std::vector<std::int64_t> ids, type_ids;
    std::vector<std::int64_t> target_ids; ///< of kinds that are written: with the end token
    int label_index = -1;
    std::vector<float> targets;                      ///< a number, or 1 and 0 for each label
    std::vector<std::int64_t> token_labels;          ///< one an id; -100 = none. Empty = tokens have no labels
    std::vector<std::size_t> labelled_words;         ///< that these labels are of, in their order
    std::int64_t span_begin = -100, span_end = -100; ///< first and last id of the answer
    std::vector<Span> offsets; ///< where an answer may stand: code points of the text, one an id; {0, 0} = nowhere
};

/// An example in tokens. Most are one sequence; a question has one for each of its options, a long text one for each
/// window. All of an example are in the same batch.
using EncodedItem = std::vector<EncodedExample>;

/// An example as a language model is asked, in tokens and without special ones.
struct Question {
    std::vector<std::int64_t> before; ///< in front of the answer
    std::vector<std::int64_t> behind; ///< behind it
};

/// What decides whether a backbone can do a task.
struct BackboneAbilities {
    std::string family;
    bool writes = false;            ///< a decoder, or an encoder with one
    bool fills = false;             ///< an encoder with a language model's head: any place of a text can be its blank
    bool continues = false;         ///< a decoder alone: it goes on where a text ends
    std::vector<std::string> heads; ///< that it can have beside its language model's: "sequence_classification"
};

/// What encoding needs beside the text. -1 = none
struct EncodingEnds {
    std::int64_t end = -1;   ///< closes targets
    std::int64_t begin = -1; ///< in front of inputs
};

/// One kind; core/data/kinds/task_kinds.def lists them. Stateless: everything that a task says is in the Task.
class TaskKind {
public:
    virtual ~TaskKind() = default;
    virtual const char* name() const = 0;  ///< as task files say it
    virtual const char* title() const = 0; ///< "Several labels"

    // --- Its files ---------------------------------------------------------------------------------------------------

    /// Fields of an example that it cannot do without.
    virtual std::vector<std::string> needed_fields() const = 0;
    /// What a task of this kind can set beside what all have: Task::settings.
    virtual std::vector<OptionDescriptor> settings() const { return {}; }
    /// Its own fields of a task file, when the common ones and the settings are in the task.
    virtual void read(Fields& fields, Task& task) const = 0;
    /// How a language model is asked where the task does not say it.
    virtual std::string default_question(const Task& task) const;
    /// Takes from a file's rows what a task says of them: labels, settings. @throws Error(input) naming `file`
    virtual void adopt(Task& /*task*/, const Dataset& /*data*/, const std::string& /*file*/) const {}
    /// A few words on its answers: "12 labels".
    virtual std::string in_brief(const Task& task) const = 0;
    /// The examples of a file with what training needs. @throws Error(input) naming `file`
    virtual Dataset prepared(const Task& task, Dataset data, const std::string& file) const = 0;

    /// What is trained on of them: a text that can be said in several ways is learned in each.
    virtual Dataset for_training(Dataset data) const { return data; }

    // --- Its answers -------------------------------------------------------------------------------------------------

    /// Which metrics can judge it.
    virtual OutcomeKind outcomes() const = 0;
    virtual std::vector<std::string> default_metrics() const = 0;
    /// An answer in texts, as other programs give them too: a class, an option by its number from 0, a number, a text;
    /// of tags one a word, of several labels any number.
    using Answer = std::vector<std::string>;
    virtual Answer gold(const Task& task, const Example& example) const = 0;
    /// Answers beside what was expected. @param answers one for each example @throws Error(input) for one that is none
    virtual Outcomes judged(const Task& task, const Dataset& data, const std::vector<Answer>& answers) const = 0;
    /// How a metric is set for such a task.
    virtual OptionValues metric_options(const MetricInfo& metric, const Task& task) const;
    /// The head that answers, "sequence_classification"; empty = the language model's own.
    virtual std::string head(bool in_words) const = 0;
    /// Of that head.
    virtual std::int64_t outputs(const Task& task) const;
    /// Whether answers are written token by token: scoring them costs far more than their loss.
    virtual bool written(bool in_words) const = 0;
    /// Whether a language model is asked with a question that has a blank, even where a head could answer.
    virtual bool asked(bool in_words) const { return in_words; }
    /// Empty, or why such a backbone cannot do it.
    virtual std::string refusal(const BackboneAbilities& backbone, bool in_words) const;
    /// What stands in the way of answers in words.
    virtual std::vector<Problem> problems_in_words(const Task& task) const;

    // --- Its tokens --------------------------------------------------------------------------------------------------

    virtual EncodedItem encode(const Task& task, const Tokenizer& tokenizer, const Example& example,
                               const EncodingEnds& ends) const = 0;
    /// @param room tokens in front of the answer, to which the text is cut
    virtual Question ask(const Task& task, const Tokenizer& tokenizer, const Example& example, std::size_t room) const;
    /// The texts of which one answers; empty = the answer is free. The same for every example unless they differ.
    virtual std::vector<std::string> choices(const Task& task, const Example& example) const;
    virtual bool choices_differ() const { return false; }
    /// What stands in a question's blank when `words` answer it.
    virtual std::string answer(const Task& task, const std::string& words) const;
};

const std::vector<const TaskKind*>& task_kinds();
const TaskKind* find_task_kind(const std::string& name); ///< null when there is none
/// Of task files that name none.
const TaskKind& default_task_kind();

} // namespace diapason
