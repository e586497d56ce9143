// Templates with soft tokens: "{3}{text} is {2}". Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace diapason {

/// A run of soft tokens, or words that stay as they are (anchors).
struct PatternPiece {
    std::int64_t soft = 0; ///< 0 = words
    std::string words;
};

struct PromptPattern {
    std::vector<PatternPiece> front, back; ///< of the input
    std::int64_t length() const;           ///< soft tokens in all
};

/// Reads "{n}" as n soft tokens, "{text}" as the input, anything else as words.
/// @throws Error(config) when {text} is not there once, or there is no soft token
PromptPattern parse_pattern(const std::string& text);

} // namespace diapason
