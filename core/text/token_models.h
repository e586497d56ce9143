// The models of a tokenizer.json, one file each.
#pragma once

#include "core/text/tokenizer_stages.h"

#include <memory>

namespace diapason {

std::unique_ptr<TokenModel> make_word_level(const StageJson& object, const StagePlace& place);
std::unique_ptr<TokenModel> make_word_piece(const StageJson& object, const StagePlace& place);
std::unique_ptr<TokenModel> make_bpe(const StageJson& object, const StagePlace& place);
std::unique_ptr<TokenModel> make_unigram(const StageJson& object, const StagePlace& place);

} // namespace diapason
