// The functions between the two maps of an adapter, by the names that libraries write.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace diapason {

using DeltaActivation = at::Tensor (*)(const at::Tensor&);

/// "relu", "gelu", "swish", …; null for a name that is not known.
DeltaActivation delta_activation(const std::string& name);
/// The name that transformers, and with it the AdapterHub library, has for a function of the table; empty = none.
std::string delta_activation_name(DeltaActivation activation);
/// All names, for messages: "elu, gelu, …".
std::string delta_activation_names();

} // namespace diapason
