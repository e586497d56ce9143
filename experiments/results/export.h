// Writing a result table out. Cell texts are made in one place, so that screen and files agree.
#pragma once

#include "experiments/results/results.h"

#include <string>
#include <vector>

namespace diapason {

enum class TableFormat { text, csv, markdown, latex, json };

/// A column of the table as people see it; generated once for screen and files.
struct TableColumn {
    enum class Content { fact, metric, difference };
    std::string key, title, unit, help;
    bool numeric = true;
    Content content = Content::fact;
    std::size_t metric = 0; ///< number in ResultTable::metrics, unless it is a fact
};
std::vector<TableColumn> columns_of(const ResultTable& table);
/// The cell as shown: "86.4 ± 0.7", "294 912", "—" when undefined.
std::string cell_text(const ResultTable& table, const ResultRow& row, const TableColumn& column);
/// For sorting; NaN when undefined.
double cell_value(const ResultRow& row, const TableColumn& column);

/// The whole document, deterministic byte for byte. CSV follows RFC 4180 with formula cells neutralised; LaTeX is
/// escaped.
std::string render(const ResultTable& table, TableFormat format);

} // namespace diapason
