// Adapters in Diapason's own words (format `delta`): delta.json + delta.safetensors, tensors named by their sites. For
// methods that no library writes.
#pragma once

#include "methods/interchange/stored_adapter.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace diapason {

/// Adds the deltas to the model: prefixes (rows, with a network, gated, masked), adapters at blocks and heads, low-rank
/// updates, prompts with their encoder, and ProPETL's shared prototypes with masks; a stored head replaces the model's.
/// Nothing is marked for training. @throws Error(input): unreadable, or "unsupported: …"
StoredAdapter read_delta_folder(const std::filesystem::path& folder, Model& model);

/// The members of an ensemble of prompts, `<stack>.embedding.prompt.<k>.weight`, in the order of their numbers; each
/// may become the model's prompt in turn. @throws Error(input)
std::vector<std::unique_ptr<EmbeddingDelta>> read_prompt_ensemble(const std::filesystem::path& folder, Model& model);

} // namespace diapason
