// A task's splits for one backbone: read once, tokenised when first used, shared by the runs of a process.
#pragma once

#include "core/data/task.h"
#include "core/model/packed_batch.h"
#include "core/text/tokenizer.h"
#include "experiments/engine/resolved_run.h"
#include "experiments/study/task_tokens.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

class TaskData {
public:
    /// @param in_words the language model answers, not a head
    TaskData(const Task& task, std::shared_ptr<const Tokenizer> tokenizer, const TaskEnds& ends, bool in_words);

    struct Split {
        Dataset examples;
        std::vector<EncodedItem> encoded; ///< empty = not yet
    };
    bool has(const std::string& split) const { return m_task.data.count(split) != 0; }
    Split& split(const std::string& name);
    const EncodedItem& encoded(const std::string& split, std::size_t item);
    /// Of all sequences of an item.
    std::int64_t tokens(const std::string& split, std::size_t item);

    /// For training and for scoring: an item's inputs with what has to be learned; written targets stand behind them.
    /// @param text what stands inside every input; null = nothing
    void add_training_sequences(const std::string& split, std::size_t item, const PromptTemplate* text,
                                std::vector<Sequence>& to);
    std::vector<Sequence> training_sequences(const std::string& split, std::size_t item);
    /// The input alone of an item of one sequence, with its token types.
    Sequence input_sequence(const std::string& split, std::size_t item, const PromptTemplate* text = nullptr);

    /// Where a template stands in an input.
    InsertedTemplate inserted(const EncodedExample& part, const PromptTemplate* text) const;

    const Task& task() const { return m_task; }
    const Tokenizer& tokenizer() const { return *m_tokenizer; }
    const TaskEnds& ends() const { return m_ends; }

private:
    InsertedTemplate input(const EncodedExample& part, const PromptTemplate* text, Sequence& sequence) const;

    Task m_task;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    TaskEnds m_ends;
    bool m_in_words;
    std::map<std::string, Split> m_splits;
};

/// The data of a run. Runs of a process share it as long as the content of all its files stays the same. Engine thread
/// only. @throws Error(input)
std::shared_ptr<TaskData> shared_task_data(const ResolvedRun& run);

} // namespace diapason
