// Rows that begin as real words.
#pragma once

#include "core/model/model.h"
#include "core/text/tokenizer.h"

#include <string>
#include <vector>

namespace diapason {

/// The tokens of a text without special ones, repeated or cut to the length. @param field option, for messages
/// @throws Error(config) without a tokenizer, or when the text has no tokens
std::vector<std::int64_t> text_tokens(const Tokenizer* tokenizer, const std::string& text, std::int64_t length,
                                      const std::string& field);

/// Keys and values that the backbone has over tokens, one entry a stack (an encoder-decoder reads them on both sides).
std::vector<DecoderCache> text_activations(Model& model, const std::vector<std::int64_t>& tokens);

} // namespace diapason
