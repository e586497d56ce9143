// Seeds: three generators of a run, derived from its one seed.
#pragma once

#include <cstdint>

namespace diapason {

/// What a generator is for. Separate generators keep, say, the data order unchanged when an init draws more numbers.
enum class Stream : std::uint64_t { init = 1, order = 2, dropout = 3 };

/// SplitMix64 (Steele, Lea and Flood 2014): one 64-bit word per state; also good as a hash of a counter.
constexpr std::uint64_t splitmix64(std::uint64_t state) {
    std::uint64_t z = state + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// The seed of one stream of a run.
constexpr std::uint64_t stream_seed(std::uint64_t run_seed, Stream stream) {
    return splitmix64(splitmix64(run_seed) ^ static_cast<std::uint64_t>(stream));
}

} // namespace diapason
