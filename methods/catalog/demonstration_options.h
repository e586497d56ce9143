// Options of methods that put training examples in front of a question (Brown et al. 2020).
#pragma once

#include "core/base/options.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// demonstrations, choice, demonstration_tokens, question. @param count how many demonstrations by default
std::vector<OptionDescriptor> demonstration_options(std::int64_t count);

} // namespace diapason
