// Seeds as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// "1, 2, 5-8": whole numbers from 0 to 2^64-1 and ranges of them, parted by commas. @param field for messages
/// @throws Error(config) naming the part that is something else
std::vector<std::uint64_t> parse_seeds(const std::string& text, const std::string& field);

/// "1, 2, 5": what parse_seeds() reads as the same seeds.
std::string seeds_text(const std::vector<std::uint64_t>& seeds);

} // namespace diapason
