// What an inspection found, as tables to read: the same for the command line and the window.
#pragma once

#include "core/base/json.h"

#include <string>
#include <vector>

namespace diapason {

struct InspectionTable {
    std::string title;
    std::vector<std::string> headers;
    std::vector<std::vector<std::string>> rows; ///< cells as many as headers
};

/// @param facts as Engine::inspect() gives them @return tables that have rows
std::vector<InspectionTable> inspection_tables(const Json& facts);

} // namespace diapason
