// One training run as the Python stack runs it, for figures that can be set side by side.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace diapason::peer {

struct Job {
    std::filesystem::path backbone, data;
    std::string task = "sst2";   ///< sst2, e2e
    std::string method = "lora"; ///< full, head, lora, prompt, bitfit
    std::string order = "grouped";
    std::int64_t steps = 0; ///< 0 = epochs
    std::int64_t epochs = 1, batch = 32, max_train = 0, max_length = 128, rank = 8, virtual_tokens = 20;
    double learning_rate = 0; ///< 0 = the method's
    double alpha = 16, lora_dropout = 0.1, warmup = 0.06;
    bool dropout = true, evaluate = true;
    std::uint64_t seed = 0;
    int threads = 1;
    std::filesystem::path initial; ///< tensors to start from, under PEFT's names; empty = drawn
};

struct Outcome {
    Json figures;               ///< examples and tokens per second, step time, peak memory, losses, accuracy
    std::vector<double> losses; ///< one a step
};

/// @throws Error(config, input)
Outcome run(const Job& job);

} // namespace diapason::peer
