// Adapters in the layout of the AdapterHub library (adapters 1.x): adapter_config.json, adapter.safetensors or
// pytorch_adapter.bin, and the head beside them.
#pragma once

#include "methods/stored_adapter.h"

#include <filesystem>
#include <string>

namespace diapason {

/// Adds the adapter to the model: bottlenecks (serial and parallel, Compacter's too), prefix tuning, LoRA, IA3, and
/// unions of them (MAM); a stored head replaces the model's. Nothing is marked for training.
/// @throws Error(input): unreadable, or "unsupported: …" for kinds and features that are not there
StoredAdapter read_adapterhub_folder(const std::filesystem::path& folder, Model& model);

/// Writes bottlenecks at blocks and prefixes (flat), and the head where it is trained, so that the library loads them.
/// @param name of the adapter. @throws Error(config) when the layout cannot hold the model's deltas, Error(storage)
void write_adapterhub_folder(const std::filesystem::path& folder, Model& model, const std::string& name);

} // namespace diapason
