// How sacreBLEU 2 splits texts into tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// One way of splitting.
struct BleuTokenizer {
    const char* name; ///< as sacreBLEU's signature has it
    const char* help;
    /// Text in which white space parts the tokens.
    std::u32string (*spaced)(std::u32string_view text);
};

const std::vector<BleuTokenizer>& bleu_tokenizers();
const BleuTokenizer& bleu_tokenizer(std::string_view name); ///< one of them

/// The tokens of mteval-v13a: punctuation stands alone, but for apostrophes, and points, commas and dashes within
/// numbers.
std::u32string spaced_13a(std::u32string_view text);
/// The marks of Western languages alone, as 13a and TER's normalisation have them. @param possessives whether "'s" is a
/// word of its own
std::u32string spaced_western(std::u32string_view text, bool possessives = false);

} // namespace diapason
