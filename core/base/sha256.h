// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace diapason {

/// Bytes in, hash out. hex() ends the computation.
class Sha256 {
public:
    Sha256();
    void update(std::string_view bytes);
    std::string hex(); ///< 64 lower-case digits

private:
    void block(const unsigned char* data);

    std::array<std::uint32_t, 8> m_state;
    std::array<unsigned char, 64> m_buffer{};
    std::size_t m_filled = 0;
    std::uint64_t m_bytes = 0;
};

std::string sha256_hex(std::string_view bytes);
/// @param read called after each piece of the file with its bytes; what it throws ends the reading
/// @throws Error(input) when the file cannot be read
std::string sha256_of_file(const std::filesystem::path& file, const std::function<void(std::size_t)>& read = {});

} // namespace diapason
