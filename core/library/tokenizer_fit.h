// Whether a tokenizer is the one that a backbone was trained with, as far as sizes tell.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/text/tokenizer.h"

#include <string>

namespace diapason {

/// Every ordinary piece needs a row of the embedding. Special tokens that were added without rows of their own, as some
/// published folders have them, count only when a text contains them. @throws Error(input) naming `folder`, the piece
/// and both sizes
void require_fit(const Tokenizer& tokenizer, const BackboneConfig& config, const std::string& folder);

/// The same for the tokens of a text. @param where what the text is, for the message
void require_rows(const std::vector<std::int64_t>& ids, std::int64_t rows, const std::string& where);

} // namespace diapason
