// Tokenizers from before tokenizer.json: vocab.txt, and vocab.json with merges.txt. Each is turned into the document
// that the reference library would have written for it, so that there is one way through everything behind.
#pragma once

#include "core/text/tokenizer_files.h"

namespace diapason {

bool has_bert_files(const TokenizerFiles& files);
std::shared_ptr<const Tokenizer> load_bert_files(const TokenizerFiles& files);

bool has_byte_level_files(const TokenizerFiles& files);
std::shared_ptr<const Tokenizer> load_byte_level_files(const TokenizerFiles& files);

} // namespace diapason
