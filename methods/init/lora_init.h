// First values of LoRA's A and B.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <string>

namespace diapason {

struct LowRankStart {
    at::Tensor a; ///< [r, in]
    at::Tensor b; ///< [out, r]
};

/// The r largest singular triplets of a weight [out, in], so that scale · B A is their part of it (Meng et al. 2024).
LowRankStart pissa_start(const at::Tensor& weight, std::int64_t rank, double scale);
/// The first r columns of Q and rows of R of the weight's QR decomposition (Büyükakyüz 2024).
LowRankStart olora_start(const at::Tensor& weight, std::int64_t rank);

/// Draws the start of a kind: an option value of LoRA's `init`. @param subtract set to true when scale · B A is to be
/// taken out of the weight, so that the adapted map begins as the map was. @throws Error(config)
LowRankStart lora_start(const std::string& kind, const at::Tensor& weight, std::int64_t rank, double scale,
                        at::Generator& generator, bool& subtract);

} // namespace diapason
