// Adapters in the layout of the AdapterHub library (adapters 1.x): adapter_config.json, adapter.safetensors or
// pytorch_adapter.bin, and the head beside them.
#pragma once

#include "methods/interchange/stored_adapter.h"

#include <filesystem>
#include <string>

namespace diapason {

/// Adds the adapter to the model: bottlenecks (serial and parallel, Compacter's too, with invertible adapters), prefix
/// tuning, LoRA, DoRA, IA3, and unions of them (MAM); a stored head replaces the model's. Nothing is marked for
/// training. Gates are refused: the library takes their mean over a sequence and its padding.
/// @throws Error(input): unreadable, or "unsupported: …" for kinds and features that are not there
StoredAdapter read_adapterhub_folder(const std::filesystem::path& folder, Model& model);

/// Writes bottlenecks at blocks (Compacter's too), prefixes (their networks where the library can have them), LoRA and
/// IA3, several of them as a union, and the head where it is trained, so that the library loads them.
/// @param name of the adapter. @throws Error(config) when the layout cannot hold the model's deltas, Error(storage)
void write_adapterhub_folder(const std::filesystem::path& folder, Model& model, const std::string& name);

} // namespace diapason
