#include "core/text/chat/characters.h"

#include "core/text/chat/fault.h"
#include "core/text/unicode.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace diapason::chat {
namespace {

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_cased(char32_t c) {
    return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED) != 0;
}

std::string to_utf8(const icu::UnicodeString& text) {
    std::string out;
    text.toUTF8String(out);
    return out;
}

icu::UnicodeString from_utf8(std::string_view text) {
    return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

// A single character at the begin of a word: "ǆ" becomes "ǅ", "ß" becomes "Ss".
std::string title_of(char32_t c) {
    icu::UnicodeString one(static_cast<UChar32>(c));
    const auto simple = static_cast<char32_t>(u_totitle(static_cast<UChar32>(c)));
    if (simple != c) return encode_utf8(std::u32string_view(&simple, 1));
    one.toUpper(icu::Locale::getRoot());
    if (one.countChar32() == 1) return to_utf8(one);
    icu::UnicodeString rest(one, one.moveIndex32(0, 1));
    rest.toLower(icu::Locale::getRoot());
    one.truncate(one.moveIndex32(0, 1));
    return to_utf8(one + rest);
}

// What str.isprintable() says no to.
bool is_unprintable(char32_t c) {
    if (c == U' ') return false;
    constexpr std::uint32_t hidden =
        U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK | U_GC_CN_MASK | U_GC_Z_MASK;
    return (U_MASK(u_charType(static_cast<UChar32>(c))) & hidden) != 0;
}

char32_t last_character(std::string_view text, std::size_t& begin) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    auto at = static_cast<std::int32_t>(text.size());
    UChar32 c = 0;
    U8_PREV_OR_FFFD(bytes, 0, at, c);
    begin = static_cast<std::size_t>(at);
    return static_cast<char32_t>(c);
}

char32_t first_character(std::string_view text, std::size_t& end) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    std::size_t at = 0;
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, at, text.size(), c);
    end = at;
    return static_cast<char32_t>(c);
}

// ASCII digits for those of all scripts, without the underscores between digits; nothing when one stands elsewhere.
std::optional<std::string> plain_digits(std::string_view text) {
    std::string out;
    bool digit_before = false;
    const std::u32string characters = decode_utf8(text);
    for (std::size_t i = 0; i < characters.size(); ++i) {
        const char32_t c = characters[i];
        if (c == U'_') {
            if (!digit_before || i + 1 == characters.size() || characters[i + 1] == U'_') return std::nullopt;
            digit_before = false;
            continue;
        }
        const int digit = u_charDigitValue(static_cast<UChar32>(c));
        if (c >= 0x80 && digit < 0) return std::nullopt;
        out += c < 0x80 ? static_cast<char>(c) : static_cast<char>('0' + digit);
        digit_before = c < 0x80 ? std::isalnum(static_cast<int>(c)) != 0 : true;
    }
    return out;
}

} // namespace

bool is_space(char32_t c) {
    if (c < 0x80) return c == U' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
    return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

bool breaks_line(char32_t c) {
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string_view> split_characters(std::string_view text) {
    std::vector<std::string_view> parts;
    parts.reserve(count_characters(text));
    for_characters(
        text, [&](char32_t, std::size_t begin, std::size_t end) { parts.push_back(text.substr(begin, end - begin)); });
    return parts;
}

std::size_t byte_of_character(std::string_view text, std::size_t character) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && character-- == 0) break;
    }
    return at;
}

std::string_view strip(std::string_view text, Ends ends, const std::optional<std::u32string>& set) {
    const auto goes = [&](char32_t c) { return set ? set->find(c) != std::u32string::npos : is_space(c); };
    std::size_t at = 0;
    while (ends != Ends::right && !text.empty() && goes(first_character(text, at)))
        text.remove_prefix(at);
    while (ends != Ends::left && !text.empty() && goes(last_character(text, at)))
        text = text.substr(0, at);
    return text;
}

std::string upper(std::string_view text) {
    if (!is_ascii(text)) return to_utf8(from_utf8(text).toUpper(icu::Locale::getRoot()));
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
    return out;
}

std::string lower(std::string_view text) {
    if (!is_ascii(text)) return to_utf8(from_utf8(text).toLower(icu::Locale::getRoot()));
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    return out;
}

std::string title(std::string_view text) {
    std::string out;
    bool inside = false;
    const std::u32string characters = decode_utf8(text);
    for (std::size_t i = 0; i < characters.size();) {
        if (!is_cased(characters[i])) {
            append_utf8(out, characters[i++]);
            inside = false;
            continue;
        }
        std::size_t end = i;
        while (end < characters.size() && is_cased(characters[end]))
            ++end;
        if (!inside) out += title_of(characters[i++]);
        out += lower(encode_utf8(std::u32string_view(characters).substr(i, end - i)));
        inside = true;
        i = end;
    }
    return out;
}

std::string capitalized(std::string_view text) {
    if (text.empty()) return {};
    std::size_t end = 0;
    const char32_t first = first_character(text, end);
    return title_of(first) + lower(text.substr(end));
}

std::string swapped_case(std::string_view text) {
    std::string out;
    for_characters(text, [&](char32_t, std::size_t begin, std::size_t end) {
        const std::string_view character = text.substr(begin, end - begin);
        const std::string small = lower(character);
        out += small == character ? upper(character) : small;
    });
    return out;
}

std::string escape_markup(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&#34;";
        else if (c == '\'')
            out += "&#39;";
        else
            out += c;
    }
    return out;
}

std::string quoted(std::string_view text) {
    const bool doubled = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const char32_t quote = doubled ? U'"' : U'\'';
    std::string out(1, static_cast<char>(quote));
    for (const char32_t c : decode_utf8(text)) {
        if (c == quote || c == U'\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == U'\n') {
            out += "\\n";
        } else if (c == U'\r') {
            out += "\\r";
        } else if (c == U'\t') {
            out += "\\t";
        } else if (is_unprintable(c)) {
            char escape[12];
            std::snprintf(escape, sizeof escape,
                          c < 0x100     ? "\\x%02x"
                          : c < 0x10000 ? "\\u%04x"
                                        : "\\U%08x",
                          static_cast<unsigned>(c));
            out += escape;
        } else {
            append_utf8(out, c);
        }
    }
    out += static_cast<char>(quote);
    return out;
}

std::string shown(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char digits[64];
    const double size = std::abs(value);
    const bool plain = value == 0 || (size >= 1e-4 && size < 1e16);
    const auto end = std::to_chars(digits, digits + sizeof digits, value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string text(digits, end.ptr);
    if (plain && text.find('.') == std::string::npos) text += ".0";
    return text;
}

std::optional<std::int64_t> read_whole(std::string_view text, int base) {
    const auto digits = plain_digits(strip(text));
    if (!digits) return std::nullopt;
    std::string_view rest = *digits;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    constexpr std::pair<int, char> prefixes[] = {{16, 'x'}, {8, 'o'}, {2, 'b'}};
    for (const auto& [of, letter] : prefixes) {
        if (base == of && rest.size() > 2 && rest[0] == '0' && (rest[1] | 0x20) == letter) rest.remove_prefix(2);
    }
    if (rest.empty() || rest.front() == '-') return std::nullopt;
    const std::string signed_text = (negative ? "-" : "") + std::string(rest);
    std::int64_t number = 0;
    const char* last = signed_text.data() + signed_text.size();
    const auto [end, error] = std::from_chars(signed_text.data(), last, number, base);
    if (end != last) return std::nullopt;
    if (error == std::errc::result_out_of_range) throw Fault("the integer has more than 64 bits");
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<double> read_real(std::string_view text) {
    const auto digits = plain_digits(strip(text));
    if (!digits) return std::nullopt;
    std::string_view rest = *digits;
    if (rest.starts_with('+') && !rest.starts_with("+-")) rest.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (end != rest.data() + rest.size() || rest.empty() || rest.find('(') != std::string_view::npos)
        return std::nullopt;
    if (error == std::errc::result_out_of_range) { // from_chars does not say to which side
        const bool huge = rest.find("e-") == std::string_view::npos && rest.find("E-") == std::string_view::npos;
        number = huge ? HUGE_VAL : 0.0;
        return rest.starts_with('-') ? -number : number;
    }
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

} // namespace diapason::chat
