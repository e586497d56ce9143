// Templates with an example in them.
#pragma once

#include "core/data/dataset.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// {pair} and {target} of the template replaced. What is inserted is data: such a word inside it stays as it is.
std::string fill(const std::string& text_template, const Example& example);

/// A template that holds {text}, in tokens and cut to `room`: the text gives way, the template's own words stay.
std::vector<std::int64_t> filled_tokens(const Tokenizer& tokenizer, const std::string& text_template,
                                        const Example& example, std::size_t room);

} // namespace diapason
