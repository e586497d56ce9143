// Dropout from a counter instead of a generator's state: the mask of element i of call c is a hash of (seed, c, i). The
// same bits on every device and with every number of threads, and about nine times faster on a CPU than a serial
// generator.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace diapason {

/// The dropout stream of a run. One per run, owned by the trainer; calls advance `counter`, so that a checkpoint needs
/// two numbers.
struct DropoutStream {
    std::uint64_t seed = 0;
    std::uint64_t counter = 0;
};

/// A mask of x's shape: 0 with probability p, else 1/(1-p). Advances the stream by one call.
at::Tensor dropout_mask(const at::Tensor& x, double p, DropoutStream& stream);

/// x · mask; x itself when the stream is null or p is 0.
at::Tensor dropout(const at::Tensor& x, double p, DropoutStream* stream);

} // namespace diapason
