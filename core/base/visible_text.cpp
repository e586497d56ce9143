#include "core/base/visible_text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace diapason {
namespace {

bool breaks_a_line(UChar32 c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Categories Cc, Cf, Co and Cs, and what is not assigned.
bool is_hidden(UChar32 c) {
    switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_PRIVATE_USE_CHAR:
    case U_SURROGATE:
    case U_UNASSIGNED:
        return true;
    default:
        return false;
    }
}

} // namespace

std::string visible_line(std::string_view text) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    std::string line;
    line.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t begin = i;
        UChar32 c = 0;
        U8_NEXT(bytes, i, text.size(), c);
        if (c >= 0 && breaks_a_line(c)) {
            if (!(c == '\n' && begin > 0 && text[begin - 1] == '\r')) line += ' ';
        } else if (c < 0 || is_hidden(c)) {
            std::array<char, 16> escape;
            std::snprintf(escape.data(), escape.size(), "\\u{%x}", static_cast<unsigned>(c < 0 ? bytes[begin] : c));
            line += escape.data();
        } else {
            line += text.substr(begin, i - begin);
        }
    }
    return line;
}

std::string visible_lines(std::string_view text) {
    return line_by_line(text, visible_line);
}

std::string line_by_line(std::string_view text, const std::function<std::string(std::string_view line)>& change) {
    std::string changed;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        changed += (start > 0 ? "\n" : "") + change(text.substr(start, end - start));
        start = end + 1;
    }
    return changed;
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u; };
    while (most > 0 && continues(most))
        --most;
    return std::string(text.substr(0, most)) + "…";
}

} // namespace diapason
