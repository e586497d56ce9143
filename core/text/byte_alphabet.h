// The printable stand-in of each byte in byte-level vocabularies (GPT-2's table).
#pragma once

#include <array>

namespace diapason {

const std::array<char32_t, 256>& byte_alphabet();
/// The byte that a character stands for, -1 when it stands for none.
int byte_of(char32_t c);
/// Calls put(stand-in) for each byte of a character's UTF-8.
template <typename Put>
void each_stand_in(char32_t c, Put&& put) {
    const auto& table = byte_alphabet();
    if (c < 0x80) return put(table[c]);
    if (c < 0x800) {
        put(table[0xC0 | c >> 6]);
    } else {
        if (c < 0x10000) {
            put(table[0xE0 | c >> 12]);
        } else {
            put(table[0xF0 | c >> 18]);
            put(table[0x80 | (c >> 12 & 0x3F)]);
        }
        put(table[0x80 | (c >> 6 & 0x3F)]);
    }
    put(table[0x80 | (c & 0x3F)]);
}

} // namespace diapason
