// pytorch_model.bin as safetensors, which can be mapped.
#pragma once

#include "core/backbone/weights.h"

#include <filesystem>

namespace diapason {

/// Writes the tensors in C order under the names that they have in their files, in their own types. Tensors that the
/// weights hold twice under one canonical name are written once. @throws Error(storage)
void convert_to_safetensors(const MatchedWeights& weights, const std::filesystem::path& target);

} // namespace diapason
