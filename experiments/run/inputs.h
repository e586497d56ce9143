// What runs have read from outside, by content, as their environments record it. Runs whose inputs differ are not
// comparable, and a run that went on with other inputs would be neither of both.
#pragma once

#include "core/base/json.h"

#include <string>
#include <vector>

namespace diapason {

/// Inputs are a list, one object an input: "what" (data, task, tokenizer, backbone), "name" (as the specification has
/// it), for data "split" and "limit" (examples that may be used, 0 = all), "file", and the "sha256" of what is used of
/// it.
///
/// Compares with a record; what it does not mention is not compared.
/// @param who whose the record is, for the message: "the checkpoint", "other runs of this study"
/// @throws Error(input) naming the file and both hashes
void require_same_inputs(const Json& recorded, const Json& now, const std::string& who);

/// Adds the inputs of a run's environment to a list, each once.
void add_inputs(const Json& environment, Json& list);

/// A line for each input that has several contents in a list, empty = all agree.
std::vector<std::string> differing_inputs(const Json& list);

} // namespace diapason
