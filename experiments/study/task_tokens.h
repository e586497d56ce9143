// How a task's examples become tokens for one backbone, and whether they do.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/data/task.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// The special tokens that a backbone needs around inputs and targets; -1 = none. Encoders put their own around a text.
struct TaskEnds : EncodingEnds {
    std::int64_t decoder_start = -1; ///< first decoder input of an encoder-decoder
    std::int64_t rows = INT64_MAX;   ///< of the embedding that the tokens are looked up in
};
/// @param in_words the language model answers, not a head
TaskEnds task_ends(const Task& task, const BackboneConfig& config, bool in_words);

/// An example as a run reads it. @throws Error(input) when it has no tokens, or one without a row
EncodedItem task_tokens(const Task& task, const Tokenizer& tokenizer, const Example& example, const TaskEnds& ends);

/// The texts of which one answers, where answers are words; empty = the answer is free. @param example matters where
/// choices differ
/// @throws Error(config) when a label has no words of its own; Error(input) when an option has none
std::vector<std::vector<std::int64_t>> choice_tokens(const Task& task, const Tokenizer& tokenizer,
                                                     const Example& example = {});

/// What stands for the answer in the input of an encoder. @throws Error(config) when there is no such token
std::int64_t mask_token(const Tokenizer& tokenizer);

/// Whether answers can be words: both of the above. @throws Error(config)
void check_words(const Task& task, const BackboneConfig& config, const Tokenizer& tokenizer);

/// Makes tokens of all rows of a split and drops them. @return the rows that have some, where the task skips bad rows
/// @throws Error(input) with the lines that have faults
Dataset rows_with_tokens(const Task& task, const std::string& split, const Dataset& data, const Tokenizer& tokenizer,
                         const TaskEnds& ends, bool in_words);

} // namespace diapason
