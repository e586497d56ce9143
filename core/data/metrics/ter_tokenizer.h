// The words that TER compares: Tercom's tokenizer as sacreBLEU 2 has it.
#pragma once

#include <string>
#include <string_view>

namespace diapason {

struct TerTokenizer {
    bool normalized = false;    ///< punctuation apart, XML's five characters read, lines joined
    bool no_punct = false;      ///< without punctuation
    bool asian_support = false; ///< these two for Chinese and Japanese too
    bool case_sensitive = false;

    /// Text in which white space parts the words.
    std::u32string spaced(std::u32string_view text) const;
};

} // namespace diapason
