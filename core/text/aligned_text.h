// A text while it is being normalised: its code points, and for each the stretch of the original it stands for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// Half-open range of code points.
struct Span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool empty() const { return begin >= end; }
    std::size_t size() const { return end - begin; }
    bool operator==(const Span&) const = default;
};

/// How many characters stages may make of a text of `characters`. Real ones need less than 34 times as many (NFKD of
/// U+FDFA in stand-ins for bytes), and not of every character; stages that multiply one another would fill any memory.
constexpr std::size_t room_for_text(std::size_t characters, std::size_t times = 32) {
    constexpr std::size_t at_least = 4096, at_most = 0x7FFFFFFF; // spans count in 32 bits
    return characters < at_most / times - at_least ? at_least + times * characters : at_most;
}

/// Origins are kept only when somebody asked for offsets: they cost as much as the text itself.
class AlignedText {
public:
    AlignedText() = default;
    /// @param first where the text begins in the original, in code points
    /// @param room characters that it may become (room_for_text)
    AlignedText(std::u32string_view text, std::uint32_t first, bool with_origins, std::size_t room);

    const std::u32string& text() const { return m_text; }
    bool with_origins() const { return m_with_origins; }
    bool at_start() const { return m_first == 0; } ///< the first character is that of the original
    std::size_t size() const { return m_text.size(); }

    /// What of the original the characters [begin, end) came from. Without origins or characters: an empty span.
    Span origin(std::size_t begin, std::size_t end) const;
    AlignedText slice(std::size_t begin, std::size_t end, std::size_t room) const;

    /// To be asked before that many characters are made of it. @throws Error(input) without file and field
    void require_room(std::size_t characters) const {
        if (characters > m_room) [[unlikely]]
            refuse();
    }

private:
    friend class TextRewriter;
    std::uint32_t first_of(std::size_t begin) const; ///< m_first of a text that begins with this character
    [[noreturn]] void refuse() const;

    std::u32string m_text;
    std::vector<Span> m_origins;
    std::uint32_t m_first = 0; ///< where the first character came from; without origins only whether that is 0
    bool m_with_origins = false;
    std::size_t m_room = 0;
};

/// Writes the successor of a text from left to right; commit() puts it in place.
/// @throws Error(input) where it would be longer than the text's room
class TextRewriter {
public:
    explicit TextRewriter(AlignedText& text);

    const std::u32string& old() const { return m_target.m_text; }
    std::size_t written() const { return m_text.size(); }

    /// Appends a character that stands for the old character `source`.
    void put(char32_t c, std::size_t source);
    /// Appends old characters as they are.
    void keep(std::size_t begin, std::size_t end);

    /// The bookkeeping of the tokenizers format, whose offsets are part of its results: `change` 1 is an additional
    /// character (it shares the origin of the one before), 0 replaces the next old character, -n replaces it and drops
    /// n more.
    void change(char32_t c, int change);
    void skip(std::size_t characters) { m_next += characters; } ///< old characters that `change` passes over

    void commit();

private:
    AlignedText& m_target;
    std::u32string m_text;
    std::vector<Span> m_origins;
    std::uint32_t m_first;
    std::size_t m_next = 0;
};

} // namespace diapason
