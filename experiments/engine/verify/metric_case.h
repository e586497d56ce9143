// One line of a metric case (tests/fixtures/README.md): what the metrics make of its data.
#pragma once

#include "core/base/json.h"

namespace diapason {

/// Values under the names that the line's `expected` has: numbers, null for what is undefined, texts, lists and objects
/// of them. Some that the line does not ask for may be among them.
/// @param input {"hyps", "refs"} that the line names; null when its data is its own
/// @throws Error(input) "unsupported: …" for a metric or a parameter that there is not
/// @throws Json::exception for a line without its data
Json metric_case_values(const Json& line, const Json& input);

} // namespace diapason
