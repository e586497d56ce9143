// How columns of a row become a field of an example, from JSON or from the cells of a table.
#pragma once

#include "core/base/json.h"
#include "core/data/example.h"

#include <string>
#include <vector>

namespace diapason {

/// The columns that fill one field: keys, names in the first row, or numbers from 1. Several make one list.
struct ColumnNames : std::vector<std::string> {
    using std::vector<std::string>::vector;
    ColumnNames(const char* one) : vector{one} {}
    ColumnNames(std::string one) : vector{std::move(one)} {}
    ColumnNames(std::vector<std::string> several) : vector(std::move(several)) {}
};

/// @param value of the column, or an array of the values of several. Lists are arrays, or texts as in cells; answers
/// are texts, {"text": …, "answer_start": …}, or lists of either, also as {"text": […], "answer_start": […]} (SQuAD).
/// @return what is wrong with it, behind the column's name; empty when nothing is
std::string set_field(Example& example, const ExampleField& field, const Json& value);

/// @param cells of the columns. A list in one cell is a JSON array, or its parts stand between "|"; words and tags
/// stand between blanks. Of labels in several columns, cells of 1 or 0 say whether the column's own name is one.
/// @return as above
std::string set_field(Example& example, const ExampleField& field, const ColumnNames& columns,
                      std::vector<std::string> cells);

} // namespace diapason
