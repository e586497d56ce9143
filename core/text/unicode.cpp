#include "core/text/unicode.h"

#include <unicode/uchar.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <limits>
#include <stdexcept>

namespace diapason {
namespace {

// Category in the tables of Unicode 8, on which the categories of the reference tokenizers rest; what came later counts
// as unassigned there, and some characters have changed since.
std::int8_t category_in_unicode_8(char32_t c) {
    if (c < 0x80) return u_charType(static_cast<UChar32>(c));
    switch (c) {
    case 0x166D:
    case 0x111C9:
        return U_OTHER_PUNCTUATION;
    case 0x1734:
        return U_NON_SPACING_MARK;
    case 0x1885:
    case 0x1886:
        return U_OTHER_LETTER;
    case 0xA9BD:
        return U_COMBINING_SPACING_MARK;
    default:
        break;
    }
    return in_unicode(c, 8) ? u_charType(static_cast<UChar32>(c)) : static_cast<std::int8_t>(U_UNASSIGNED);
}

} // namespace

std::size_t find_invalid_utf8(std::string_view text) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t begin = i;
        UChar32 c = 0;
        U8_NEXT(bytes, i, text.size(), c);
        if (c < 0) return begin;
    }
    return std::string_view::npos;
}

std::u32string decode_utf8(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::size_t i = 0; i < text.size();) {
        UChar32 c = 0;
        U8_NEXT_OR_FFFD(bytes, i, text.size(), c);
        out.push_back(static_cast<char32_t>(c));
    }
    return out;
}

void append_utf8(std::string& text, char32_t c) {
    if (c < 0x80) {
        text.push_back(static_cast<char>(c));
        return;
    }
    std::uint8_t bytes[4];
    std::int32_t n = 0;
    UBool error = false;
    U8_APPEND(bytes, n, 4, static_cast<UChar32>(c), error);
    if (error)
        text += "\xef\xbf\xbd";
    else
        text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(n));
}

std::string encode_utf8(std::u32string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char32_t c : text)
        append_utf8(out, c);
    return out;
}

bool is_white_space(char32_t c) {
    return u_isUWhiteSpace(static_cast<UChar32>(c));
}

bool is_control(char32_t c) {
    if (c == U'\t' || c == U'\n' || c == U'\r') return false;
    return (U_MASK(category_in_unicode_8(c)) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK)) != 0;
}

bool is_letter(char32_t c) {
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_L_MASK) != 0;
}
bool is_number(char32_t c) {
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_N_MASK) != 0;
}

bool is_punctuation(char32_t c) {
    if ((c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126)) return true;
    return c >= 128 && (U_MASK(category_in_unicode_8(c)) & U_GC_P_MASK) != 0;
}

bool is_nonspacing_mark(char32_t c) {
    return c >= 0x300 && category_in_unicode_8(c) == U_NON_SPACING_MARK;
}

bool in_unicode(char32_t c, int version) {
    UVersionInfo age;
    u_charAge(static_cast<UChar32>(c), age);
    return age[0] != 0 && age[0] <= version;
}

bool is_mark(char32_t c) {
    return c >= 0x300 && (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_M_MASK) != 0 && in_unicode(c, 9);
}

bool is_word(char32_t c) {
    if (c < 128) return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') || c == U'_';
    return u_isUAlphabetic(static_cast<UChar32>(c)) ||
           u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_JOIN_CONTROL) ||
           (U_MASK(u_charType(static_cast<UChar32>(c))) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

bool is_cjk(char32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B820 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::u32string lower_case(std::u32string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (const char32_t c : text) {
        // One character lower-cases to several: the dotted capital I keeps its dot as a combining mark.
        if (c == U'\u0130')
            out += U"i\u0307";
        else
            out.push_back(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
    }
    return out;
}

std::u32string lower_case_of_text(std::u32string_view text) {
    // Only sigma looks at its neighbours.
    if (text.find(U'\u03A3') == std::u32string_view::npos) return lower_case(text);
    std::u16string units;
    units.reserve(text.size());
    for (const char32_t c : text) {
        if (c > 0xFFFF) units.push_back(static_cast<char16_t>(U16_LEAD(c)));
        units.push_back(static_cast<char16_t>(c > 0xFFFF ? U16_TRAIL(c) : c));
    }
    if (units.size() > std::numeric_limits<std::int32_t>::max() / 3) throw std::length_error("a text of a gigabyte");
    std::u16string lower(units.size() * 3, u'\0'); // no character becomes more than three
    UErrorCode error = U_ZERO_ERROR;
    const auto size = u_strToLower(lower.data(), static_cast<std::int32_t>(lower.size()), units.data(),
                                   static_cast<std::int32_t>(units.size()), "", &error);
    if (U_FAILURE(error) != 0) throw std::runtime_error(u_errorName(error));
    std::u32string out;
    out.reserve(text.size());
    for (std::int32_t i = 0; i < size;) {
        UChar32 c = 0;
        U16_NEXT(lower.data(), i, size, c);
        out.push_back(static_cast<char32_t>(c));
    }
    return out;
}

} // namespace diapason
