// Weights of a model that an adapter's folder brings along: heads.
#pragma once

#include "core/model/model.h"

#include <string>

namespace diapason {

/// Puts a value in place of the model's tensor of that name (canonical, or as in the backbone's file).
/// @throws Error(input) when the model has none, or one of another shape. @param origin file for the message
Parameter& replace_weight(Model& model, const std::string& name, const at::Tensor& value, const std::string& origin);

} // namespace diapason
