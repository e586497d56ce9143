// What LoRA's options mean on a backbone: which maps, with which rank, and which biases; also for its relatives.
// Torch-free.
#pragma once

#include "core/backbone/family.h"
#include "methods/catalog/method_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

struct LoraTarget {
    Site site;
    std::int64_t rank = 0;
    double alpha = 0;
    /// Parts of a fused map that share one pair of matrices stand side by side: which of how many this is.
    std::int64_t part = 0, parts = 1;
};

/// The linear maps that a pattern of addresses names, with one rank and alpha. @param method for the message
/// @throws Error(config) when the pattern names other sites
std::vector<LoraTarget> linear_targets(const BackboneConfig& config, const std::string& pattern, std::int64_t rank,
                                       double alpha, const std::string& method);
/// Marks the parts of fused maps, so that they share one update. @throws Error(config) when not all parts of a map are
/// among the targets, or they differ
void join_parts(const BackboneConfig& config, std::vector<LoraTarget>& targets);

/// The maps in data-flow order, patterns applied. @throws Error(config)
std::vector<LoraTarget> lora_targets(const BackboneConfig& config, const OptionValues& options);

/// Biases of the backbone that are trained beside the updates, each once.
std::vector<ExpectedTensor> lora_biases(const BackboneConfig& config, const TaskShape& task,
                                        const OptionValues& options);

} // namespace diapason
