// SentencePiece's compiled character map, as it lies in base64 in a tokenizer.json.
#pragma once

#include "core/text/aligned_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// A double-array trie (darts-clone) whose values point into a block of replacement texts. Every access is checked, so
/// that a damaged map replaces nothing instead of reading elsewhere.
class CharacterMap {
public:
    /// @throws std::invalid_argument saying what is wrong
    explicit CharacterMap(std::string_view base64);

    /// Cluster by cluster (extended grapheme clusters) as the tokenizers library does it: a cluster below six bytes
    /// that begins with a known key becomes that key's text, whatever else it holds; otherwise its characters are
    /// replaced one by one.
    void apply(AlignedText& text) const;

private:
    std::optional<std::u32string> find(std::u32string_view cluster) const;

    std::vector<std::uint32_t> m_units;
    std::string m_texts;
    std::optional<std::u32string> m_ascii[128]; ///< replacements of single ASCII characters
};

/// Where the extended grapheme cluster (UAX 29) that begins at `at` ends.
std::size_t cluster_end(std::u32string_view text, std::size_t at);

} // namespace diapason
