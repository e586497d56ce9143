#include "tests/support/places.h"

namespace diapason::testing {

std::filesystem::path source_folder() {
    return DIAPASON_SOURCE_DIR;
}

std::filesystem::path built(const std::string& name) {
    return std::filesystem::path(DIAPASON_BIN_DIR) / name;
}

} // namespace diapason::testing
