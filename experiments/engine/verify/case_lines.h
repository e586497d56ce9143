// Cases whose lines stand in a file of JSON lines.
#pragma once

#include "core/base/json.h"
#include "experiments/engine/verify/verify_report.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

namespace diapason {

inline constexpr std::size_t max_case_bytes = 256u << 20; ///< of a file of lines or of inputs

/// Gives each line that holds something to `check`; a line that is not what it should be is a failure of its own.
/// @param kind of the case, for messages @param check is given the line and where it stands
/// @throws Error(input) when there are no lines
void for_each_case_line(const std::filesystem::path& lines, const std::string& kind, VerifyReport& report,
                        const std::function<void(const Json& line, const std::string& origin)>& check);

/// "[1,2,3]", shortened to what a line of a report can hold.
std::string shown_in_report(const Json& value);

} // namespace diapason
