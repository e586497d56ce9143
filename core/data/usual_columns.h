// What people call the columns of data files.
#pragma once

#include <string>
#include <vector>

namespace diapason {

/// Names of a field's column, in lower case, the likeliest first.
struct UsualNames {
    const char* field;
    std::vector<const char*> names;
};
const std::vector<UsualNames>& usual_names();

bool is_usual_name(const std::string& column); ///< whatever its case

std::string in_lower_case(std::string text); ///< of ASCII letters

} // namespace diapason
