// Options of the trainer, as descriptors: they appear in forms, help, studies and columns like those of a method.
#pragma once

#include "core/base/options.h"

#include <vector>

namespace diapason {

/// Names and meanings stand in docs/METHODS.md, which is made from this list. learning_rate 0 stands for the method's
/// default.
const std::vector<OptionDescriptor>& training_options();

} // namespace diapason
