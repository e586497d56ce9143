#include "core/base/document_version.h"

namespace diapason {

void require_version(const Json& document, std::int64_t newest, const std::string& origin, ErrorKind malformed) {
    const auto version = document.find("version");
    if (version == document.end()) return;
    const std::string supported = newest == 1 ? "Version 1 is supported" : "Versions 1 to " + std::to_string(newest);
    // What is not whole or below 1 was never written by any Diapason.
    const bool positive =
        version->is_number_unsigned() || (version->is_number_integer() && version->get<std::int64_t>() > 0);
    const std::uint64_t number = positive ? version->get<std::uint64_t>() : 0;
    if (number == 0)
        throw Error(malformed, {"must be a whole number from 1", origin, "version", version->dump(), supported});
    if (number > static_cast<std::uint64_t>(newest))
        throw Error(ErrorKind::incompatible,
                    {"was written by a newer Diapason", origin, "version", version->dump(), "Update Diapason"});
}

} // namespace diapason
