// Hard prompts and in-context learning (Brown et al. 2020): the frozen language model is asked, with demonstrations.
#pragma once

#include "methods/catalog/method_info.h"

namespace diapason {

MethodInfo in_context_info();

/// Options of methods that put training examples in front of a question: demonstrations, choice, demonstration_tokens,
/// question. @param count how many by default
std::vector<OptionDescriptor> demonstration_options(std::int64_t count);

} // namespace diapason
