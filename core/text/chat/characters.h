// Characters as Python's strings see them: code points, white space, case, and how texts and numbers print.
#pragma once

#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diapason::chat {

bool is_space(char32_t c);    ///< str.isspace(): Unicode's white space and four separators of ASCII
bool breaks_line(char32_t c); ///< where str.splitlines() cuts

std::size_t count_characters(std::string_view text); ///< of valid UTF-8
std::vector<std::string_view> split_characters(std::string_view text);
/// The byte where a character begins; the size for those beyond the end.
std::size_t byte_of_character(std::string_view text, std::size_t character);

/// Calls visit(code point, first byte, byte behind it) for each character.
template <class Visit>
void for_characters(std::string_view text, Visit visit) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        UChar32 c = 0;
        U8_NEXT_OR_FFFD(bytes, at, text.size(), c);
        visit(static_cast<char32_t>(c), begin, at);
    }
}

enum class Ends { both, left, right };
/// Without the white space at its ends, or without the characters of `set`.
std::string_view strip(std::string_view text, Ends ends = Ends::both,
                       const std::optional<std::u32string>& set = std::nullopt);

// Whole texts, by Unicode's full mappings without a locale.
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string title(std::string_view text);       ///< each letter behind a character without case is a capital
std::string capitalized(std::string_view text); ///< the first character only
std::string swapped_case(std::string_view text);

std::string escape_markup(std::string_view text); ///< & < > " ' as HTML references

std::string quoted(std::string_view text); ///< Python's repr(): 'it\'s' and the like
std::string shown(double value);           ///< Python's repr(): the shortest digits that give the same bits
/// The number that Python's int() and float() read; nothing for what is none. @param base 2 … 36
/// @throws Fault for an integer of more than 64 bits
std::optional<std::int64_t> read_whole(std::string_view text, int base = 10);
std::optional<double> read_real(std::string_view text);

} // namespace diapason::chat
