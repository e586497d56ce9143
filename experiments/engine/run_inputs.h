// What a run reads from outside, by content: data, the task's definition, tokenizer, backbone. Two runs whose inputs
// differ are not comparable, and a run that is continued on other inputs would be neither of both.
#pragma once

#include "core/base/json.h"
#include "experiments/engine/resolved_run.h"
#include "experiments/engine/task_data.h"

namespace diapason {

/// A list, one object an input: "what" (data, task, tokenizer, backbone), "name" (as the specification has it), for
/// data "split" and "limit" (examples that may be used, 0 = all), "file", and the "sha256" of what is used of it. Of
/// data that is the rows themselves, so that a file that was only touched, moved or written in another layout stays the
/// same.
Json inputs_of(const ResolvedRun& run, TaskData& data);

/// Compares with inputs that were recorded before; what the record does not mention is not compared.
/// @param who whose they are, for the message: "the checkpoint", "other runs of this study"
/// @throws Error(input) naming the file and both hashes
void require_same_inputs(const Json& recorded, const Json& now, const std::string& who);

} // namespace diapason
