// Inside the module: reading a folder with a SentencePiece model.
#pragma once

#include "core/text/tokenizer_files.h"

namespace diapason {

std::shared_ptr<const Tokenizer> read_sentencepiece_model(const TokenizerFiles& files); ///< @throws Error(input)

} // namespace diapason
