// Values of Arrow's columns as JSON.
#pragma once

#include "core/base/json.h"

#include <arrow/array.h>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

/// Names of the classes that a column's numbers stand for, as Hugging Face's datasets store them beside the schema:
/// its own, and those of what it contains.
struct ClassNames {
    std::vector<std::string> names;            ///< empty = the numbers are numbers
    std::map<std::string, ClassNames> columns; ///< of an object
    std::shared_ptr<const ClassNames> items;   ///< of a list

    /// Of a column; none for one of which nothing is said.
    const ClassNames& of_column(const std::string& name) const;

    /// @param feature as in "features" of their dataset_info: {"_type": "ClassLabel", "names": […]}
    static ClassNames of(const Json& feature, int levels = 32);
};

/// @throws Error(input) for values that are nested too deeply
Json value_of(const arrow::Array& column, std::int64_t row, const ClassNames& names, int levels = 32);

} // namespace diapason
