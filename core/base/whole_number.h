// Whole numbers in texts from outside.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace diapason {

/// The number that a text is, digits from its first to its last character (signed types: perhaps behind a minus);
/// nothing when it is anything else or more than the type holds.
template <typename Number = std::int64_t>
std::optional<Number> whole_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

} // namespace diapason
