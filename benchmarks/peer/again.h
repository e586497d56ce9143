// Benchmarks compute in their own process, where nobody has set what an engine wants to find there.
#pragma once

#include "experiments/run/engine_library.h"

#include <cstdlib>
#include <unistd.h>

namespace diapason::peer {

/// Starts the program again with the engine's environment: OpenMP reads its settings when it is loaded. Returns when
/// nothing is missing.
inline void start_again_with_environment(char** argv) {
    bool again = false;
    for (const auto& [name, value] : engine_environment()) {
        if (std::getenv(name.c_str()) != nullptr) continue;
        ::setenv(name.c_str(), value.c_str(), 1);
        again = true;
    }
    if (again) ::execv("/proc/self/exe", argv);
}

} // namespace diapason::peer
