// Bringing a backbone into the library: everything is checked before anything is copied, and it appears at once,
// complete.
#pragma once

#include "core/library/library.h"

#include <filesystem>
#include <functional>
#include <string>

namespace diapason {

/// What the engine makes of its sentence with the backbone of a folder (Engine::canary).
using Canary = std::function<Json(const std::filesystem::path& folder)>;

/// The name that an import takes when none is given: the source's own, without what names cannot hold.
std::string suggested_name(const std::filesystem::path& source);

/// Letters, digits, dots, dashes and underscores, 1 to 64, beginning with a letter or digit. @throws Error(config)
void check_backbone_name(const std::string& name);

/// Reads a Hugging Face folder (config.json, tokenizer, model.safetensors or pytorch_model.bin, whole or in shards).
/// or a .gguf file. pytorch_model.bin and GGUF become safetensors, so that weights can be mapped. Links are followed;
/// only known file names are taken. A killed import leaves a temporary folder, which the next one sweeps.
/// @param name empty = suggested_name(source)
/// @throws Error(config) for names, Error(input) for what is wrong with the source, Error(storage) for disk and
/// permissions, Error(cancelled)
BackboneRecord import_backbone(const std::filesystem::path& source, std::string name, const Canary& canary,
                               const Watch& watch);

} // namespace diapason
