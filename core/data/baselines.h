// What is reached without a model: the least that a method has to beat.
#pragma once

#include "core/data/task.h"

#include <map>
#include <string>
#include <vector>

namespace diapason {

struct Baseline {
    std::string name;                      ///< "majority", "mean", "lookup", "copy"
    std::string help;                      ///< what it answers, a sentence
    std::map<std::string, double> metrics; ///< of the task, as far as they are defined
};

/// Those that make sense for the task's kind, on one of its splits. Reads the training split and that one.
/// @throws Error(input) for rows that the task refuses; Error(config) when there is no such split
std::vector<Baseline> baselines_of(const Task& task, const std::string& split);

} // namespace diapason
