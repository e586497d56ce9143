#include "core/text/aligned_text.h"

#include "core/base/error.h"

#include <algorithm>

namespace diapason {

AlignedText::AlignedText(std::u32string_view text, std::uint32_t first, bool with_origins, std::size_t room)
    : m_text(text),
      m_first(first),
      m_with_origins(with_origins),
      m_room(room) {
    if (!with_origins) return;
    m_origins.reserve(text.size());
    for (std::uint32_t i = 0; i < text.size(); ++i)
        m_origins.push_back({first + i, first + i + 1});
}

Span AlignedText::origin(std::size_t begin, std::size_t end) const {
    if (!m_with_origins || begin >= end || end > m_origins.size()) return {m_first, m_first};
    return {m_origins[begin].begin, m_origins[end - 1].end};
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end, std::size_t room) const {
    AlignedText part;
    part.m_room = room;
    part.m_text = m_text.substr(begin, end - begin);
    part.m_with_origins = m_with_origins;
    if (m_with_origins) {
        part.m_origins.assign(m_origins.begin() + static_cast<std::ptrdiff_t>(begin),
                              m_origins.begin() + static_cast<std::ptrdiff_t>(end));
    }
    part.m_first = first_of(begin);
    return part;
}

std::uint32_t AlignedText::first_of(std::size_t begin) const {
    if (m_with_origins && begin < m_origins.size()) return m_origins[begin].begin;
    return begin == 0 || begin >= m_text.size() ? m_first : m_first + 1;
}

void AlignedText::refuse() const {
    throw Error(ErrorKind::input,
                {"makes more of a text than the " + std::to_string(m_room) + " characters that it may become",
                 {},
                 {},
                 {},
                 "Its steps multiply the text; use another tokenizer"});
}

TextRewriter::TextRewriter(AlignedText& text) : m_target(text), m_first(text.m_first) {
    m_text.reserve(text.size() + 8);
    if (text.m_with_origins) m_origins.reserve(text.size() + 8);
}

void TextRewriter::put(char32_t c, std::size_t source) {
    m_target.require_room(m_text.size() + 1);
    if (m_text.empty()) m_first = m_target.first_of(source);
    m_text.push_back(c);
    if (m_target.m_with_origins) m_origins.push_back(m_target.origin(source, source + 1));
}

void TextRewriter::keep(std::size_t begin, std::size_t end) {
    m_target.require_room(m_text.size() + end - begin);
    if (m_text.empty() && begin < end) m_first = m_target.first_of(begin);
    m_text.append(m_target.m_text, begin, end - begin);
    if (m_target.m_with_origins) {
        m_origins.insert(m_origins.end(), m_target.m_origins.begin() + static_cast<std::ptrdiff_t>(begin),
                         m_target.m_origins.begin() + static_cast<std::ptrdiff_t>(end));
    }
}

void TextRewriter::change(char32_t c, int change) {
    // An additional character before everything has no predecessor: put() gives it an empty span at the start.
    const std::size_t source = change > 0 ? m_next - 1 : m_next;
    put(c, m_next == 0 && change > 0 ? m_target.size() : std::min(source, m_target.size()));
    if (change <= 0) m_next += 1 + static_cast<std::size_t>(-change);
}

void TextRewriter::commit() {
    m_target.m_text = std::move(m_text);
    m_target.m_origins = std::move(m_origins);
    m_target.m_first = m_first;
}

} // namespace diapason
