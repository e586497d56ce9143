// Text as Python sees it. The reference tools of most metrics are written in Python, and their numbers depend on which
// characters it calls spaces and letters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diapason::python {

/// str.isspace and \s: White_Space and the four separators of ASCII, U+001C … U+001F.
bool is_space(char32_t c);
/// \w: letters, numbers, the low line; no combining marks.
bool is_word(char32_t c);
/// string.punctuation, ASCII only.
bool is_punctuation(char32_t c);

/// The words of str.split(). They are part of `text`, which outlives them.
std::vector<std::u32string_view> split(std::u32string_view text);
/// str.rstrip()
std::u32string_view without_spaces_behind(std::u32string_view text);
/// str.replace(): from left to right, in one pass.
std::u32string replaced(std::u32string_view text, std::u32string_view from, std::u32string_view to);

} // namespace diapason::python
