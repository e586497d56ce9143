// Conversations as data for instruction tuning: every answer of the assistant is an example.
#pragma once

#include "core/base/json.h"
#include "core/data/readers/data_rows.h"

#include <string>
#include <vector>

namespace diapason {

/// How a file writes turns.
struct TurnForm {
    const char* list;                         ///< key of the turns
    const char* role;                         ///< key of who speaks; "human" and "gpt" are ShareGPT's words
    const char* role_in_words;                ///< for messages: "no … that is known"
    std::string (*content)(const Json& turn); ///< what is said; @throws Error(input)
};
/// @throws Error(input) naming the turn that is wrong: "messages[1] has no …"
std::vector<ChatTurn> turns_of(const Json& record, const TurnForm& form);

/// Adds an example for each turn of the assistant: what was said before it, and what it says.
/// @param id of the conversation; empty = its line
/// @throws Error(input) when no turn is the assistant's, or one has nothing in front
void add_conversation(const std::vector<ChatTurn>& turns, const std::string& id, std::size_t line, DataRows& rows);

} // namespace diapason
