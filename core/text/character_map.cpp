#include "core/text/character_map.h"

#include "core/text/unicode.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace diapason {
namespace {

constexpr std::size_t longest_text = 128; // bytes: four times the longest of Unicode's own, that of U+FDFA
constexpr std::size_t long_cluster = 6;   // bytes, from which on clusters are not looked up as a whole

std::string decode_base64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t buffer = 0;
    int bits = 0;
    while (text.ends_with('='))
        text.remove_suffix(1);
    for (const char c : text) {
        int value = 0;
        if (c >= 'A' && c <= 'Z')
            value = c - 'A';
        else if (c >= 'a' && c <= 'z')
            value = c - 'a' + 26;
        else if (c >= '0' && c <= '9')
            value = c - '0' + 52;
        else if (c == '+' || c == '/')
            value = c == '+' ? 62 : 63;
        else
            throw std::invalid_argument("is not base64");
        buffer = buffer << 6 | static_cast<std::uint32_t>(value);
        if ((bits += 6) >= 8) {
            bits -= 8;
            out.push_back(static_cast<char>(buffer >> bits & 0xFF));
        }
    }
    return out;
}

int break_class(char32_t c) {
    return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_GRAPHEME_CLUSTER_BREAK);
}

bool is_pictograph(char32_t c) {
    return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EXTENDED_PICTOGRAPHIC);
}

bool is_break_control(int c) {
    return c == U_GCB_CONTROL || c == U_GCB_CR || c == U_GCB_LF;
}

} // namespace

std::size_t cluster_end(std::u32string_view text, std::size_t at) {
    std::size_t i = at + 1;
    // Two ASCII characters stand together only as a line end.
    if (i >= text.size()) return text.size();
    if (text[at] < 128 && text[i] < 128) return text[at] == U'\r' && text[i] == U'\n' ? i + 1 : i;
    int before = break_class(text[at]);
    int flags = before == U_GCB_REGIONAL_INDICATOR ? 1 : 0;
    bool pictograph = is_pictograph(text[at]); // a pictograph and extensions so far
    bool joined = false;                       // and a joiner at their end
    for (; i < text.size(); ++i) {
        const int now = break_class(text[i]);
        if (before == U_GCB_CR && now == U_GCB_LF) {
            before = now;
            continue;
        }
        if (is_break_control(before) || is_break_control(now)) return i;
        bool together = now == U_GCB_EXTEND || now == U_GCB_ZWJ || now == U_GCB_SPACING_MARK || before == U_GCB_PREPEND;
        if (before == U_GCB_L) together |= now == U_GCB_L || now == U_GCB_V || now == U_GCB_LV || now == U_GCB_LVT;
        if (before == U_GCB_LV || before == U_GCB_V) together |= now == U_GCB_V || now == U_GCB_T;
        if (before == U_GCB_LVT || before == U_GCB_T) together |= now == U_GCB_T;
        const bool now_pictograph = is_pictograph(text[i]);
        if (joined && now_pictograph) together = true;
        if (before == U_GCB_REGIONAL_INDICATOR && now == U_GCB_REGIONAL_INDICATOR && flags % 2 == 1) together = true;
        if (!together) return i;
        flags = now == U_GCB_REGIONAL_INDICATOR ? flags + 1 : 0;
        joined = pictograph && now == U_GCB_ZWJ;
        pictograph = now_pictograph || (pictograph && (now == U_GCB_EXTEND || now == U_GCB_ZWJ));
        before = now;
    }
    return i;
}

CharacterMap::CharacterMap(std::string_view base64) {
    const std::string bytes = decode_base64(base64);
    std::uint32_t size = 0;
    if (bytes.size() < 4) throw std::invalid_argument("is shorter than its header");
    std::memcpy(&size, bytes.data(), 4);
    if (size % 4 != 0 || size < 4 || size > bytes.size() - 4)
        throw std::invalid_argument("contains a trie of " + std::to_string(size) + " bytes in " +
                                    std::to_string(bytes.size()));
    m_units.resize(size / 4);
    std::memcpy(m_units.data(), bytes.data() + 4, size);
    m_texts = bytes.substr(4 + size);
    for (std::size_t begin = 0, end = 0; begin < m_texts.size(); begin = end + 1) {
        end = std::min(m_texts.find('\0', begin), m_texts.size());
        if (end - begin > longest_text) throw std::invalid_argument("contains a text of more than 128 bytes");
    }
    for (char32_t c = 0; c < 128; ++c)
        m_ascii[c] = find({&c, 1});
}

std::optional<std::u32string> CharacterMap::find(std::u32string_view cluster) const {
    const auto offset = [](std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
    const std::string key = encode_utf8(cluster);
    std::size_t node = offset(m_units[0]);
    for (const char c : key) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (byte == 0) break;
        node ^= byte;
        if (node >= m_units.size()) break;
        const std::uint32_t unit = m_units[node];
        if ((unit & (1u << 31 | 0xFF)) != byte) break;
        node ^= offset(unit);
        if ((unit >> 8 & 1) == 0) continue;
        if (node >= m_units.size()) break;
        const std::size_t begin = m_units[node] & 0x7FFFFFFF;
        if (begin >= m_texts.size()) break;
        const std::size_t end = m_texts.find('\0', begin);
        return decode_utf8(std::string_view(m_texts).substr(begin, end == std::string::npos ? end : end - begin));
    }
    return std::nullopt;
}

void CharacterMap::apply(AlignedText& text) const {
    struct Change {
        char32_t c;
        int change;
    };
    const std::u32string& old = text.text();
    std::vector<Change> changes;
    changes.reserve(old.size() + 16);
    bool changed = false;
    const auto replace = [&](std::size_t count, const std::u32string& by) {
        changed = true;
        for (const char32_t c : by)
            changes.push_back({c, 0});
        // What is more than before is additional; what is less was dropped behind the last character written - also
        // when that belongs to an earlier replacement: offsets are defined by this.
        if (by.size() > count) {
            for (std::size_t i = 0; i < by.size() - count; ++i)
                changes[changes.size() - 1 - i].change = 1;
        } else if (by.size() < count && !changes.empty()) {
            changes.back().change -= static_cast<int>(count - by.size());
        }
    };
    for (std::size_t at = 0; at < old.size();) {
        text.require_room(changes.size());
        const std::size_t end = cluster_end(old, at);
        if (end == at + 1 && old[at] < 128) {
            if (const auto& by = m_ascii[old[at]])
                replace(1, *by);
            else
                changes.push_back({old[at], 0});
            at = end;
            continue;
        }
        const std::u32string_view cluster = std::u32string_view(old).substr(at, end - at);
        std::optional<std::u32string> by;
        if (cluster.size() < long_cluster && encode_utf8(cluster).size() < long_cluster) by = find(cluster);
        if (by) {
            replace(cluster.size(), *by);
        } else {
            for (std::size_t i = at; i < end; ++i) {
                if (const auto one = find({&old[i], 1}))
                    replace(1, *one);
                else
                    changes.push_back({old[i], 0});
            }
        }
        at = end;
    }
    if (!changed) return;
    TextRewriter out(text);
    for (const Change& change : changes)
        out.change(change.c, change.change);
    out.commit();
}

} // namespace diapason
