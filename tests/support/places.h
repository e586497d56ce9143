// Where the repository and its programs lie. One unit knows, so that all others compile to the same object in every
// clone.
#pragma once

#include <filesystem>
#include <string>

namespace diapason::testing {

std::filesystem::path source_folder();

/// A program or library of this build.
std::filesystem::path built(const std::string& name);

inline std::filesystem::path embedded_backbone(const std::string& name) {
    return source_folder() / "resources" / "backbones" / name;
}

} // namespace diapason::testing
