// What it takes to go on with a training as if it had never stopped: values, moments, and a few numbers.
#pragma once

#include "core/base/json.h"
#include "core/train/adamw.h"

#include <filesystem>

namespace diapason {

/// Writes <folder>/checkpoint.safetensors: the optimiser's flat buffers, with `state` (steps, data position,
/// generators) as JSON in its metadata, so that both are one file and replaced together. @throws Error(storage)
void save_checkpoint(const std::filesystem::path& folder, const AdamW& optimiser, const Json& state);

/// Restores the optimiser (and with it the parameters, which are views of its buffer). @return the state
/// @throws Error(input) when there is no checkpoint or it belongs to another model
Json load_checkpoint(const std::filesystem::path& folder, AdamW& optimiser);

bool has_checkpoint(const std::filesystem::path& folder);
void remove_checkpoint(const std::filesystem::path& folder);

} // namespace diapason
