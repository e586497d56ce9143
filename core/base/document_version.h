// Documents of Diapason say which version of their format they are in.
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstdint>
#include <string>

namespace diapason {

/// A document without "version" is in the first one.
/// @param malformed what a version is that is no number or was never one
/// @throws Error(incompatible) for a newer one, Error(malformed)
void require_version(const Json& document, std::int64_t newest, const std::string& origin, ErrorKind malformed);

} // namespace diapason
