// Finding, cutting and replacing in texts, in linear time whatever the texts are, at the run's cost.
#pragma once

#include "core/text/chat/characters.h"
#include "core/text/chat/run.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diapason::chat {

/// The byte where `part` first stands at or behind `from`; npos = nowhere.
std::size_t find_text(Run& run, std::string_view text, std::string_view part, std::size_t from = 0);
/// The byte where `part` last stands.
std::size_t find_last_text(Run& run, std::string_view text, std::string_view part);
std::int64_t count_text(Run& run, std::string_view text, std::string_view part); ///< without overlap

/// @param most replacements; negative = all
std::string replace_text(Run& run, std::string_view text, std::string_view from, std::string_view to,
                         std::int64_t most = -1);

/// Pieces between separators. @param most cuts; negative = all @throws Fault for an empty separator
std::vector<std::string_view> split_text(Run& run, std::string_view text, std::string_view separator, std::int64_t most,
                                         bool from_right);
/// The same between stretches of white space; none at the ends.
std::vector<std::string_view> split_words(Run& run, std::string_view text, std::int64_t most, bool from_right);
/// Lines as str.splitlines() cuts them. @param keep_ends with their ends
std::vector<std::string_view> split_lines(Run& run, std::string_view text, bool keep_ends);

/// Without white space, or the characters of a string, at its ends. @param characters null: white space
Value strip_text(Run& run, const Text& text, Ends ends, const Value* characters);
/// Whether it has letters with case, and all of them are upper (or lower) case.
bool is_in_case(Run& run, const Text& text, bool upper_case);

} // namespace diapason::chat
