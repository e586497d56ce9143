// Rows that hold what a task asks of them.
#pragma once

#include "core/data/dataset.h"

#include <functional>
#include <string>

namespace diapason {

struct RowFault {
    std::string what; ///< empty = nothing is wrong
    std::string remedy = {};
};

/// The rows with which `check` finds no fault; an Error(input) that it throws is one. The others are listed by their
/// lines, or left out where the rules skip bad rows and some are sound.
/// @throws Error(input) naming `file`
Dataset sound_rows(const RowRules& rules, Dataset data, const std::string& file,
                   const std::function<RowFault(const Example&)>& check);

} // namespace diapason
