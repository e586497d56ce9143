// The kinds of golden cases (tests/fixtures/README.md); each checks one case folder and reports every value.
#pragma once

#include "experiments/engine/verify/verify_report.h"

#include <filesystem>
#include <string>

namespace diapason {

/// Kinds forward and train. All of these @throw Error(input) for a case that is unreadable or "unsupported: …".
void verify_parity(const std::filesystem::path& folder, const std::string& device, VerifyReport& report);
/// Kind generate.
void verify_generate(const std::filesystem::path& folder, const std::string& device, VerifyReport& report);
/// Kind tokenize: a line for each case's ids, type ids, decoded texts and offsets.
void verify_tokenize(const std::filesystem::path& folder, const std::string& device, VerifyReport& report);
/// Kind metric: a line for each value that a case expects.
void verify_metric(const std::filesystem::path& folder, const std::string& device, VerifyReport& report);
/// Kind chat: a line for each conversation that a template renders or refuses.
void verify_chat(const std::filesystem::path& folder, const std::string& device, VerifyReport& report);
/// A case whose backbone is a name instead of a folder of its own: real weights, looked for in `backbones`.
void verify_real(const std::filesystem::path& folder, const std::filesystem::path& backbones, const std::string& device,
                 VerifyReport& report);

} // namespace diapason
