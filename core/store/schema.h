// The database's schema and its migrations (docs/SCHEMA.md).
#pragma once

#include "core/store/connection.h"

namespace diapason {

inline constexpr std::int64_t application_id = 0x44494150; ///< "DIAP"
inline constexpr std::int64_t schema_version = 3;

/// Creates or upgrades, each step in one transaction. Nothing is written to a file that is not ours.
/// @param target the version to reach. @throws Error(input) foreign file, Error(incompatible) newer schema
void migrate(Connection& connection, std::int64_t target = schema_version);

/// For readers: the file is ours; returns its version, which may be newer. @throws Error(input)
std::int64_t check_schema(Connection& connection);

} // namespace diapason
