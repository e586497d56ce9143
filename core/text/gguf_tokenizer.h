// The tokenizer inside a GGUF file, as the tokenizer.json that says the same.
#pragma once

#include "core/backbone/gguf.h"
#include "core/text/tokenizer_files.h"

namespace diapason {

/// Kinds gpt2 (byte-level BPE, split as tokenizer.ggml.pre says) and llama (pieces with scores, bytes for what is
/// unknown). Without tokenizer.ggml.pre text is cut as llama.cpp does then. @throws Error(input) "unsupported: …" for
/// others
StageJson gguf_tokenizer(const GgufHeader& header);
/// One line where the file does not say how its tokenizer cuts text; empty otherwise. @throws Error(input)
std::string gguf_tokenizer_note(const GgufHeader& header);
/// tokenizer_config.json: names of the special tokens.
StageJson gguf_tokenizer_config(const GgufHeader& header);

bool has_gguf_tokenizer(const TokenizerFiles& files);
std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const TokenizerFiles& files);

} // namespace diapason
