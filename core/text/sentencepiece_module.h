// SentencePiece's own model files, through a library that is loaded apart.
#pragma once

#include "core/text/tokenizer_files.h"

#include <string>

namespace diapason {

/// The name of the model in the folder; empty when there is none.
std::string sentencepiece_model(const TokenizerFiles& files);

bool has_sentencepiece_model(const TokenizerFiles& files);
/// Loads the module when it is first needed. @throws Error(input), Error(internal) without the module
std::shared_ptr<const Tokenizer> load_sentencepiece_model(const TokenizerFiles& files);

/// What the module exports, as `sentencepiece_entry_name`. @throws Error(input)
using SentencePieceEntry = void(const TokenizerFiles& files, std::shared_ptr<const Tokenizer>& tokenizer);
inline constexpr const char* sentencepiece_entry_name = "diapason_load_sentencepiece";

} // namespace diapason
