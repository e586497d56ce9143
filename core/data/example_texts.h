// What several look at of an example, as texts.
#pragma once

#include "core/data/example.h"

#include <string>
#include <vector>

namespace diapason {

/// Words, or tags, with a space between two.
std::string spaced(const std::vector<std::string>& words);

/// What two examples with the same input have in common: text and pair, whatever the spaces around their words.
std::string input_of(const Example& example);

/// The texts that answer a question on a text, any of them right; an empty one alone where there is no answer.
std::vector<std::string> right_answers(const Example& example);

/// The target, and the references that differ from it.
std::vector<std::string> right_texts(const Example& example);

} // namespace diapason
