// A word of a text that a question is about, marked as papers on SuperGLUE mark it: "He *gave* it".
#pragma once

#include <cstdint>
#include <string>

namespace diapason {

/// @param begin, end in code points, `end` behind the last. @throws Error(input) when they are no part of the text
std::string with_marked_part(const std::string& text, std::int64_t begin, std::int64_t end);
/// @param index of a word between blanks, from 0 @param words what stands there, or at most two words from it:
/// punctuation behind it is not marked
/// @throws Error(input) when it does not stand there
std::string with_marked_word(const std::string& text, std::int64_t index, const std::string& words);

} // namespace diapason
