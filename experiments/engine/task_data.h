// A task's splits for one backbone: read once, tokenised when first used, shared by the runs of a process.
#pragma once

#include "core/data/task.h"
#include "core/model/packed_batch.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

class TaskData {
public:
    /// The special tokens that a backbone needs around inputs and targets; -1 = none.
    struct Ends {
        std::int64_t begin = -1;         ///< in front of an input
        std::int64_t end = -1;           ///< behind a target
        std::int64_t decoder_start = -1; ///< first decoder input of an encoder-decoder
    };

    /// @param max_tokens 0 = the task's own limit
    TaskData(const Task& task, std::shared_ptr<const Tokenizer> tokenizer, std::int64_t max_tokens, const Ends& ends);

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
    const Ends& ends() const { return m_ends; }

private:
    Task m_task;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    Ends m_ends;
    std::map<std::string, Split> m_splits;
};

/// The same object for the same arguments as long as the process lives. Engine thread only.
/// @param in_words classes are answered by the language model's head (answers_in_words)
std::shared_ptr<TaskData> shared_task_data(const std::string& task, const std::filesystem::path& backbone,
                                           std::int64_t max_tokens, bool in_words = false);

} // namespace diapason
