#include "core/text/byte_alphabet.h"

namespace diapason {

const std::array<char32_t, 256>& byte_alphabet() {
    static const std::array<char32_t, 256> table = [] {
        std::array<char32_t, 256> t{};
        char32_t next = 256;
        for (char32_t byte = 0; byte < 256; ++byte) {
            const bool printable =
                (byte >= U'!' && byte <= U'~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
            t[byte] = printable ? byte : next++;
        }
        return t;
    }();
    return table;
}

int byte_of(char32_t c) {
    static const auto table = [] {
        std::array<int, 512> t{};
        t.fill(-1);
        for (int byte = 0; byte < 256; ++byte)
            t[byte_alphabet()[static_cast<std::size_t>(byte)]] = byte;
        return t;
    }();
    return c < table.size() ? table[c] : -1;
}

} // namespace diapason
