// UTF-8 and character classes, on ICU's tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace diapason {

/// Code points of a text; every maximal ill-formed part becomes one U+FFFD (the Unicode-recommended practice). Never
/// fails.
std::u32string decode_utf8(std::string_view text);
std::string encode_utf8(std::u32string_view text);
std::size_t find_invalid_utf8(std::string_view text); ///< the first byte that is ill-formed; npos = none
void append_utf8(std::string& text, char32_t c);

bool is_white_space(char32_t c); ///< property White_Space
/// These three know the characters of Unicode 8 only, as the reference tokenizers do: a later mark or symbol is none.
bool is_control(char32_t c);     ///< categories Cc, Cf, Co, Cs; not tab, newline, carriage return
bool is_punctuation(char32_t c); ///< ASCII symbols and categories P*
bool is_nonspacing_mark(char32_t c);

bool is_letter(char32_t c);               ///< categories L*
bool is_number(char32_t c);               ///< categories N*
bool in_unicode(char32_t c, int version); ///< assigned in this version of the standard
bool is_mark(char32_t c);                 ///< categories M*
bool is_word(char32_t c);                 ///< \w: alphabetic, marks, decimal digits, connectors, joiners
bool is_cjk(char32_t c);                  ///< CJK ideographs, as BERT's tokenizer counts them

/// Lower case of each character by itself: no locale, no final-sigma rule.
std::u32string lower_case(std::u32string_view text);
/// Lower case of a text as the standard defines it (toLowercase): a sigma at the end of a word is a final one. No
/// locale.
std::u32string lower_case_of_text(std::u32string_view text);

} // namespace diapason
