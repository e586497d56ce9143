#include "core/text/unicode.h"

#include "core/base/error.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace diapason {
namespace {

std::u32string normalize(const icu::Normalizer2* (*form)(UErrorCode&), std::u32string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = form(status);
    const icu::UnicodeString source = icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()),
                                                                    static_cast<std::int32_t>(text.size()));
    const icu::UnicodeString result = U_SUCCESS(status) ? normalizer->normalize(source, status) : source;
    if (U_FAILURE(status))
        throw Error(ErrorKind::internal, std::string("ICU cannot normalise: ") + u_errorName(status));
    std::u32string out(static_cast<std::size_t>(result.countChar32()), U'\0');
    result.toUTF32(reinterpret_cast<UChar32*>(out.data()), static_cast<std::int32_t>(out.size()), status);
    return out;
}

} // namespace

std::u32string decode_utf8(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    const auto length = static_cast<std::int32_t>(text.size());
    for (std::int32_t i = 0; i < length;) {
        UChar32 c = 0;
        U8_NEXT_OR_FFFD(reinterpret_cast<const std::uint8_t*>(text.data()), i, length, c);
        out.push_back(static_cast<char32_t>(c));
    }
    return out;
}

void append_utf8(std::string& text, char32_t c) {
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
    return (U_MASK(u_charType(static_cast<UChar32>(c))) &
            (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK)) != 0;
}

bool is_letter(char32_t c) {
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_L_MASK) != 0;
}
bool is_number(char32_t c) {
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_N_MASK) != 0;
}

bool is_punctuation(char32_t c) {
    if ((c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126)) return true;
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_P_MASK) != 0;
}

bool is_nonspacing_mark(char32_t c) {
    return u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK;
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

std::u32string nfd(std::u32string_view text) {
    return normalize(icu::Normalizer2::getNFDInstance, text);
}
std::u32string nfc(std::u32string_view text) {
    return normalize(icu::Normalizer2::getNFCInstance, text);
}
std::u32string nfkc(std::u32string_view text) {
    return normalize(icu::Normalizer2::getNFKCInstance, text);
}
std::u32string nfkd(std::u32string_view text) {
    return normalize(icu::Normalizer2::getNFKDInstance, text);
}

} // namespace diapason
