// docs/TASKS.md: kinds of tasks, fields of examples and formats of data files, from their registries.
#pragma once

#include <string>

namespace diapason {

std::string tasks_document();

} // namespace diapason
