// Reading adapters in the layout of the PEFT library (adapter_config.json + adapter_model.safetensors).
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// What a PEFT folder became inside a model.
struct PeftAdapter {
    std::map<std::string, Parameter*> parameters; ///< by the name in the adapter's file
    std::vector<Parameter*> deltas;               ///< of the adapter itself
    std::vector<Parameter*> saved_modules;        ///< heads and other modules stored whole
};

/// Adds the adapter to the model (kinds LORA and PROMPT_TUNING); nothing is marked for training.
/// @throws Error(input): unreadable, or "unsupported: …" for kinds and features that are not there
PeftAdapter read_peft_folder(const std::filesystem::path& folder, Model& model);

} // namespace diapason
