// What a model reads of an example, token by token, and what of it is cut: for people to look at.
#pragma once

#include "core/data/task.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

struct PreviewToken {
    std::string piece;
    std::int64_t id = 0;
    std::string label;   ///< of tasks that label tokens; else empty
    bool answer = false; ///< part of the span that answers
};

struct ExamplePreview {
    std::string id;                                ///< of the example
    std::vector<std::vector<PreviewToken>> inputs; ///< one sequence, or one for each option or window
    std::vector<PreviewToken> target;              ///< of tasks that are written
    std::vector<PreviewToken> cut;                 ///< tokens of the first sequence that the task's limit drops
};

/// @throws Error(input) for an example that has no tokens
ExamplePreview preview_of(const Task& task, const Tokenizer& tokenizer, const Example& example,
                          const EncodingEnds& ends = {});
/// Of the first rows of the training split.
std::vector<ExamplePreview> preview_of(const Task& task, const Tokenizer& tokenizer, std::size_t rows);

} // namespace diapason
