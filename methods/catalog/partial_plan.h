// Which tensors of the backbone the methods train that change nothing else. Torch-free.
#pragma once

#include "methods/catalog/method_info.h"

#include <cstdint>
#include <vector>

namespace diapason {

/// Every bias that came with the backbone, the frozen part of its head included.
std::vector<ExpectedTensor> bias_tensors(const BackboneConfig& config, const TaskShape& task);
/// Gains and biases of every norm.
std::vector<ExpectedTensor> norm_tensors(const BackboneConfig& config, const TaskShape& task);
/// The last `layers` layers of the stack that a head reads, and the norm behind them.
std::vector<ExpectedTensor> last_layer_tensors(const BackboneConfig& config, std::int64_t layers);

/// Counts of a method that trains these tensors in place.
ParameterCounts counts_of(const std::vector<ExpectedTensor>& tensors, const BackboneConfig& config,
                          const TaskShape& task);

} // namespace diapason
