// Devices by name, and what the numbers of this engine depend on.
#pragma once

#include "core/base/json.h"

#include <c10/core/Device.h>

#include <string>

namespace diapason {

/// "cpu", "cuda", "cuda:N", "meta", or "auto" (CUDA when there is one). Loads libtorch_cuda.so when it is needed and
/// present.
/// @throws Error(config) when the device is not to be had, saying why
c10::Device device_from(const std::string& name);

/// Sets the thread count and the deterministic switches; first thing in a thread that computes.
void prepare_compute_thread(int threads);

/// Versions, BLAS, CPU capability, CUDA: a flat object for `doctor` and for fingerprints.
Json engine_facts();

} // namespace diapason
