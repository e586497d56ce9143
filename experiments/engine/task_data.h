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
    TaskData(const Task& task, std::shared_ptr<const Tokenizer> tokenizer, const TaskEnds& ends);

    struct Split {
        Dataset examples;
        std::vector<EncodedExample> encoded; ///< empty ids = not yet
    };
    bool has(const std::string& split) const { return m_task.data.count(split) != 0; }
    Split& split(const std::string& name);
    const EncodedExample& encoded(const std::string& split, std::size_t item);

    /// For training and for scoring: input, and behind it the target with labels on its tokens.
    /// @param text what stands inside every input; null = nothing
    Sequence training_sequence(const std::string& split, std::size_t item, const PromptTemplate* text = nullptr);
    /// The input alone, with its token types.
    Sequence input_sequence(const std::string& split, std::size_t item, const PromptTemplate* text = nullptr);

    const Task& task() const { return m_task; }
    const Tokenizer& tokenizer() const { return *m_tokenizer; }
    const TaskEnds& ends() const { return m_ends; }

private:
    Task m_task;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    TaskEnds m_ends;
    std::map<std::string, Split> m_splits;
};

/// The data of a run. Runs of a process share it as long as the content of all its files stays the same. Engine thread
/// only. @throws Error(input)
std::shared_ptr<TaskData> shared_task_data(const ResolvedRun& run);

} // namespace diapason
