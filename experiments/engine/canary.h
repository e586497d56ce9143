// One sentence through tokenizer and backbone: what an import records, and what a check compares with it.
#pragma once

#include "core/base/json.h"

#include <filesystem>

namespace diapason {

/// {"text", "ids": token ids, "values": 16 random projections of the last hidden states}: a handful of numbers that
/// every weight and every state has a part in. @throws Error(input) when something cannot be read, an id has no row
/// in the embedding, or a state is not finite
Json try_backbone(const std::filesystem::path& folder);

} // namespace diapason
