// diapason-cli pretrain: a small backbone from a recipe (resources/recipes).
#pragma once

#include "experiments/run/engine.h"

namespace diapason {

/// See Engine::pretrain. Overrides: corpus_folder, out, steps, threads, time_limit_s, fresh (ignore a checkpoint).
/// Writes into the backbone's folder (or `out`): model.safetensors (float16), training.json (recipe, tokens, losses)
/// and pretrain-log.jsonl; a checkpoint lies there while it is not finished, and a new call goes on from it.
void pretrain_backbone(const std::filesystem::path& recipe, const Json& overrides,
                       const std::function<void(const std::string&)>& line, RunControl& control);

} // namespace diapason
