// The engine for window tests that train.
#pragma once

#include "core/base/paths.h"
#include "tests/support/places.h"

#include <filesystem>

namespace diapason::testing {

/// Engine and command line are looked for beside the running program: links to those of this build.
inline bool link_engine() {
    bool all = true;
    for (const char* name : {"libdiapason_engine.so", "diapason-cli"}) {
        const std::filesystem::path beside = program_folder() / name;
        std::error_code there;
        std::filesystem::create_symlink(built(name), beside, there);
        all = all && std::filesystem::exists(beside);
    }
    return all;
}

} // namespace diapason::testing
