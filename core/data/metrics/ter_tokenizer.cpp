#include "core/data/metrics/ter_tokenizer.h"

#include "core/data/metrics/bleu_tokenizers.h"
#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <utility>

namespace diapason {
namespace {

struct Range {
    char32_t first, last;
};

template <std::size_t count>
bool in_ranges(char32_t c, const Range (&ranges)[count]) {
    return std::any_of(std::begin(ranges), std::end(ranges),
                       [c](const Range& range) { return c >= range.first && c <= range.last; });
}

// Punctuation of Chinese and Japanese, and the full-width forms of ASCII's.
bool is_asian_punctuation(char32_t c) {
    static constexpr Range ranges[] = {{0x3001, 0x3002}, {0x3008, 0x3011}, {0x3014, 0x301F}, {0x30FB, 0x30FB},
                                       {0xFF01, 0xFF02}, {0xFF08, 0xFF09}, {0xFF0C, 0xFF0C}, {0xFF0E, 0xFF0E},
                                       {0xFF1A, 0xFF1B}, {0xFF1F, 0xFF1F}, {0xFF61, 0xFF65}};
    return in_ranges(c, ranges);
}

// Ideographs, strokes, radicals, compatibility forms; 0x3F22 is sacreBLEU's end of the enclosed letters. Kana stay
// together: sacreBLEU's rules for them match nothing, since the text has a space in front by then.
bool is_asian_word(char32_t c) {
    static constexpr Range ranges[] = {{0x2E80, 0x2EFF}, {0x31C0, 0x31EF}, {0x3200, 0x3F22}, {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0xFE30, 0xFE4F}};
    return in_ranges(c, ranges);
}

std::u32string normalised(std::u32string line, bool asian) {
    for (const auto& [from, to] : {std::pair{U"\n-", U""},
                                   {U"\n", U" "},
                                   {U"&quot;", U"\""},
                                   {U"&amp;", U"&"},
                                   {U"&lt;", U"<"},
                                   {U"&gt;", U">"}})
        line = python::replaced(line, from, to);
    line = spaced_western(U" " + line + U" ", true);
    if (!asian) return line;
    std::u32string out;
    for (const char32_t c : line) {
        if (is_asian_word(c) || is_asian_punctuation(c))
            ((out += U' ') += c) += U' ';
        else
            out += c;
    }
    return out;
}

} // namespace

std::u32string TerTokenizer::spaced(std::u32string_view text) const {
    std::u32string line(text);
    if (!case_sensitive) line = lower_case_of_text(line);
    if (normalized) line = normalised(std::move(line), asian_support);
    if (no_punct) {
        std::erase_if(line, [this](char32_t c) {
            return std::u32string_view(U".,?:;!\"()").find(c) != std::u32string_view::npos ||
                   (asian_support && is_asian_punctuation(c));
        });
    }
    return line;
}

} // namespace diapason
