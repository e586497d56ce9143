// Golden cases as diapason-cli verify checks them.
#pragma once

#include "experiments/engine/verify/verify.h"

#include <filesystem>
#include <string>

namespace diapason::testing {

struct Verified {
    Engine::VerifyResult result;
    std::string failures; ///< their lines, the first 64 kB
};

/// @param only cases whose path contains it; empty = all
inline Verified verified(const std::filesystem::path& folder, const std::string& only = {}) {
    Verified all;
    all.result = verify_cases(folder, only, "cpu", [&](const std::string& line) {
        if (line.rfind("FAIL", 0) == 0 && all.failures.size() < 64000) all.failures += line + "\n";
    });
    return all;
}

} // namespace diapason::testing
