// Tables as a terminal shows them.
#pragma once

#include <string>
#include <vector>

namespace diapason {

/// Rows of cells in aligned columns, a line each, without blanks at the ends. @param right the columns, from 0, that
/// are aligned at the right @param ruled whether a line is drawn below the first row
std::string text_table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right = {},
                       bool ruled = false);

} // namespace diapason
