// Adapters in the layout of the PEFT library: adapter_config.json + adapter_model.safetensors.
#pragma once

#include "methods/interchange/stored_adapter.h"

#include <filesystem>
#include <string>

namespace diapason {

using PeftAdapter = StoredAdapter;

/// Adds the adapter to the model (kinds LORA, also on embeddings and with trained tokens, IA3, PROMPT_TUNING, P_TUNING,
/// PREFIX_TUNING, TRAINABLE_TOKENS); nothing is marked for training. Inits that changed the library's backbone (PiSSA,
/// OLoRA) change this one too.
/// @throws Error(input): unreadable, or "unsupported: …" for kinds and features that are not there
PeftAdapter read_peft_folder(const std::filesystem::path& folder, Model& model);

/// Writes the model's deltas, and the head where it is trained, so that the library loads them. One kind of delta can
/// be written: low-rank updates, IA3 vectors, a soft prompt, or prefixes that the library's layout can hold.
/// @param backbone_name base_model_name_or_path. @throws Error(config) when the layout cannot hold the deltas,
/// Error(storage)
void write_peft_folder(const std::filesystem::path& folder, Model& model, const std::string& backbone_name);

} // namespace diapason
