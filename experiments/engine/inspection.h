// What a trained adapter does, in numbers: for `inspect` and for the window.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <filesystem>

namespace diapason {

struct InspectionRequest {
    std::filesystem::path adapter; ///< adapter.safetensors of a run
    std::filesystem::path other;   ///< a second one to compare subspaces with; empty = none
    std::int64_t items = 64;       ///< of the validation split, for what depends on inputs
    std::int64_t words = 5;        ///< near words of a soft token
};

/// {"method", "sites": [{site, relative_change}], "updates": [{site, rank, singular_values, relative_norm,
/// similarity?}], "masks": [{masks, layers, overlap: Jaccard of each pair of layers}], "prompt": [{norm, by_cosine:
/// [{word, value}], by_distance}], "attention": [{site, heads}]}; what an adapter has nothing of is left out. The model
/// runs on the CPU, dropout off. @throws Error(input|config)
Json inspect_adapter(const InspectionRequest& request);

} // namespace diapason
