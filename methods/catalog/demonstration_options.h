// Options of methods that put training examples in front of a question (Brown et al. 2020).
#pragma once

#include "core/base/options.h"
#include "methods/catalog/asking_options.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// demonstrations, choice, demonstration_tokens, question. @param count how many demonstrations by default
std::vector<OptionDescriptor> demonstration_options(std::int64_t count);
/// Their values. @throws Error(config) for a question without its blanks
AskingOptions demonstrations_of(const OptionValues& options);
/// Tokens that they put in front of every question, at most.
double demonstration_cost(const OptionValues& options);

} // namespace diapason
