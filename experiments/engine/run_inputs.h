// What a run reads from outside, by content: data, the task's definition, tokenizer, backbone. Two runs whose inputs
// differ are not comparable, and a run that is continued on other inputs would be neither of both.
#pragma once

#include "core/base/json.h"
#include "experiments/engine/resolved_run.h"
#include "experiments/engine/task_data.h"

namespace diapason {

/// The training option that bounds how many examples of a split count.
const char* limit_option(const std::string& split);

/// As experiments/run/inputs.h says. Of data the rows themselves count, so that a file that was only touched, moved or
/// written in another layout stays the same.
Json inputs_of(const ResolvedRun& run, TaskData& data);

} // namespace diapason
