#include "core/data/metrics/bleu_tokenizers.h"

#include "core/data/metrics/python_text.h"
#include "core/text/unicode.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <utility>

namespace diapason {
namespace {

bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}
bool is_dot(char32_t c) {
    return c == U'.' || c == U',';
}
bool in_category(char32_t c, std::uint32_t mask) {
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & mask) != 0;
}
bool is_punctuation_mark(char32_t c) {
    return in_category(c, U_GC_P_MASK);
}

// Marks that stand alone wherever they are: ASCII's, without the apostrophe, the comma, the dash and the point.
bool stands_alone(char32_t c) {
    return (c >= U'{' && c <= U'~') || (c >= U'[' && c <= U'`') || (c >= U' ' && c <= U'&') ||
           (c >= U'(' && c <= U'+') || (c >= U':' && c <= U'@') || c == U'/';
}

// A rule for two neighbours: from left to right, and a pair that was changed is left behind.
using Test = bool (*)(char32_t);
enum class Spaces { between_and_behind, before_and_between };
std::u32string parted(std::u32string_view text, Test first, Test second, Spaces spaces) {
    std::u32string out;
    out.reserve(text.size() + text.size() / 4);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i + 1 == text.size() || !first(text[i]) || !second(text[i + 1])) {
            out += text[i];
            continue;
        }
        if (spaces == Spaces::before_and_between) out += U' ';
        ((out += text[i]) += U' ') += text[i + 1];
        if (spaces == Spaces::between_and_behind) out += U' ';
        ++i;
    }
    return out;
}

std::u32string alone(std::u32string_view text, Test which) {
    std::u32string out;
    out.reserve(text.size() + text.size() / 4);
    for (const char32_t c : text) {
        if (which(c))
            ((out += U' ') += c) += U' ';
        else
            out += c;
    }
    return out;
}

// Any punctuation that has no number beside it on one side, and any symbol (mteval-v14, international).
std::u32string spaced_intl(std::u32string_view text) {
    std::u32string out = parted(
        text, [](char32_t c) { return !is_number(c); }, is_punctuation_mark, Spaces::between_and_behind);
    out = parted(
        out, is_punctuation_mark, [](char32_t c) { return !is_number(c); }, Spaces::before_and_between);
    return alone(out, [](char32_t c) { return in_category(c, U_GC_S_MASK); });
}

std::u32string spaced_char(std::u32string_view text) {
    return alone(text, [](char32_t) { return true; });
}

} // namespace

std::u32string spaced_western(std::u32string_view text, bool possessives) {
    std::u32string out = alone(text, stands_alone);
    if (possessives) out = python::replaced(out, U"'s ", U" 's ");
    out = parted(
        out, [](char32_t c) { return !is_digit(c); }, is_dot, Spaces::between_and_behind);
    out = parted(
        out, is_dot, [](char32_t c) { return !is_digit(c); }, Spaces::before_and_between);
    return parted(
        out, is_digit, [](char32_t c) { return c == U'-'; }, Spaces::between_and_behind);
}

std::u32string spaced_13a(std::u32string_view text) {
    std::u32string line(text);
    for (const auto& [from, to] : {std::pair{U"<skipped>", U""},
                                   {U"-\n", U""},
                                   {U"\n", U" "},
                                   {U"&quot;", U"\""},
                                   {U"&amp;", U"&"},
                                   {U"&lt;", U"<"},
                                   {U"&gt;", U">"}})
        line = python::replaced(line, from, to);
    return spaced_western(U" " + line + U" ");
}

const std::vector<BleuTokenizer>& bleu_tokenizers() {
    static const std::vector<BleuTokenizer> table = {
        {"13a", "mteval-v13a: punctuation alone, but not within numbers", spaced_13a},
        {"intl", "mteval-v14: the punctuation and symbols of all scripts alone", spaced_intl},
        {"char", "Every character is a token", spaced_char},
        {"none", "The text is tokenised", [](std::u32string_view text) { return std::u32string(text); }},
    };
    return table;
}

const BleuTokenizer& bleu_tokenizer(std::string_view name) {
    const auto& table = bleu_tokenizers();
    return *std::find_if(table.begin(), table.end(), [&](const BleuTokenizer& one) { return one.name == name; });
}

} // namespace diapason
