// The front of a safetensors file, for writers that put the tensors behind it piece by piece.
#pragma once

#include "core/backbone/tensor_file.h"

namespace diapason {

/// Length and header of a file that holds these tensors in this order; data pointers are not looked at.
std::string safetensors_front(const std::vector<TensorToWrite>& tensors,
                              const std::map<std::string, std::string>& metadata);

} // namespace diapason
