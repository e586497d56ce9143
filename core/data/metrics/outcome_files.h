// Predictions and references in files, a line for each item, as outcomes that metrics compare.
#pragma once

#include "core/data/metrics/outcomes.h"

#include <filesystem>
#include <vector>

namespace diapason {

/// What the lines of both files are, for help.
struct OutcomeFileForm {
    const char* prediction;
    const char* reference; ///< empty = there are no references
    const char* fields;    ///< of the objects of JSON lines beside "pred" and "ref"; may be empty
};
const OutcomeFileForm& outcome_file_form(OutcomeKind kind);

/// A line is an item: its text, or in a file *.jsonl a JSON value, or an object with the value as "pred" or "ref".
/// Files may be of either kind. Labels that no reference has are classes too, and numbered behind the others.
/// @param references of texts perhaps several, each with a line for every item; a line of JSON may be a list
/// @throws Error(input) naming file and line @throws Error(config) when files are missing or too many
Outcomes read_outcomes(OutcomeKind kind, const std::filesystem::path& predictions,
                       const std::vector<std::filesystem::path>& references);

} // namespace diapason
