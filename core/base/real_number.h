// Numbers with a fraction in texts from outside.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace diapason {

/// The number that a text is from its first to its last character, with a decimal point whatever the locale, "inf" and
/// "nan" among them; nothing when it is anything else or beyond a double.
inline std::optional<double> real_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

} // namespace diapason
