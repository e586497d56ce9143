// Conversations as data for instruction tuning: every answer of the assistant is an example.
#pragma once

#include "core/data/readers/data_rows.h"

#include <string>
#include <vector>

namespace diapason {

/// The roles that files use, as ChatTurn has them: "human" and "gpt" are ShareGPT's. Empty for an unknown one.
std::string role_named(const std::string& name);

/// Adds an example for each turn of the assistant: what was said before it, and what it says.
/// @param id of the conversation; empty = its line
/// @throws Error(input) when no turn is the assistant's, or one has nothing in front
void add_conversation(const std::vector<ChatTurn>& turns, const std::string& id, std::size_t line, DataRows& rows);

} // namespace diapason
