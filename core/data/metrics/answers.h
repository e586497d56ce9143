// Answers to questions as SQuAD's evaluation compares them.
#pragma once

#include <string>
#include <string_view>

namespace diapason {

/// What is compared of an answer: lower case, without ASCII punctuation, without the words a, an, the, and with single
/// spaces between words (SQuAD 1.1, evaluate-v1.1.py).
std::u32string normalized_answer(std::string_view answer);

} // namespace diapason
