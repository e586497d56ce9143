// The network behind a prefix while it is trained.
#pragma once

#include "methods/deltas/prefix_delta.h"
#include "methods/init/random_tensors.h"

#include <memory>
#include <string>

namespace diapason {

struct PrefixNetworkShape {
    std::int64_t length = 0; ///< P
    std::int64_t width = 0;  ///< of the backbone: of the network's input vectors
    std::int64_t hidden = 0;
    std::int64_t slices = 0;      ///< of its result
    std::int64_t slice_width = 0; ///< columns of each
};

/// Fresh: torch's default init of embeddings and linear layers, as Li & Liang's code has it. Marked for training.
/// @param name of the site, "encoder.self_attn.kv": tensors are <name>.reparam.wte …
std::unique_ptr<ReparametrisedPrefixTable> make_prefix_network(RandomTensors& draw, const std::string& name,
                                                               const PrefixNetworkShape& shape);

/// Trains a network until its table is near `table`, [P, slices · slice_width]: 500 steps of Adam at 1e-4 on the mean
/// squared error, as Li & Liang's code begins from words.
void fit_network(ReparametrisedPrefixTable& network, const at::Tensor& table);

/// The table that inference needs in place of the network, <name>.table [P, slices · slice_width].
StoredForm stored_table(const std::string& name, ReparametrisedPrefixTable& table);

} // namespace diapason
