// diapason-cli verify: golden cases of independent implementations against this engine.
#pragma once

#include "experiments/run/engine.h"

#include <filesystem>
#include <functional>
#include <string>

namespace diapason {

/// Checks one case folder, or every case below a folder, in sorted order; one line per checked tensor.
/// @param only run cases whose path contains this text; empty = all. Never throws for a bad case: it fails with a
/// message.
/// @param backbones folder of backbones that are no part of the cases; empty = there is none
/// @throws Error(input) when there is no case at all
Engine::VerifyResult verify_cases(const std::filesystem::path& folder, const std::string& only,
                                  const std::string& device, const std::function<void(const std::string&)>& line,
                                  const std::filesystem::path& backbones = {});

} // namespace diapason
