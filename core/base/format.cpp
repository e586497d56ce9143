#include "core/base/format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace diapason {
namespace {

constexpr const char* minus_sign = "−";
constexpr const char* thin_space = "\u2009";

std::string with_minus(const char* text) {
    return text[0] == '-' ? minus_sign + std::string(text + 1) : text;
}

std::string fixed(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    // No negative zero.
    if (text[0] == '-' && std::string(text).find_first_of("123456789") == std::string::npos) return text + 1;
    return with_minus(text);
}

} // namespace

std::string format_number(double value, int decimals) {
    return std::isfinite(value) ? fixed(value, decimals) : "—";
}

std::string format_difference(double value, int decimals) {
    if (!std::isfinite(value)) return "—";
    const std::string text = fixed(value, decimals);
    const bool zero = text.find_first_of("123456789") == std::string::npos;
    return value > 0 && !zero ? "+" + text : text;
}

std::string format_count(std::int64_t value) {
    const std::string digits = std::to_string(value < 0 ? -value : value);
    std::string text = value < 0 ? minus_sign : "";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += thin_space;
        text += digits[i];
    }
    return text;
}

std::string format_rate(double value) {
    char text[64];
    if (value == 0 || std::abs(value) >= 0.01) {
        std::snprintf(text, sizeof text, "%.3g", value);
        return text;
    }
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-12));
    std::snprintf(text, sizeof text, "%.3g", value / std::pow(10.0, exponent));
    return std::string(text) + "e" + minus_sign + std::to_string(-exponent);
}

std::string format_duration(double seconds) {
    if (!std::isfinite(seconds)) return "—";
    const auto s = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
    char text[64];
    if (s < 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(s / 60), static_cast<long long>(s % 60));
    else if (s < 86400)
        std::snprintf(text, sizeof text, "%lld h %lld min", static_cast<long long>(s / 3600),
                      static_cast<long long>(s % 3600 / 60));
    else
        std::snprintf(text, sizeof text, "%lld d %lld h", static_cast<long long>(s / 86400),
                      static_cast<long long>(s % 86400 / 3600));
    return text;
}

std::string format_bytes(double bytes) {
    static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < std::size(units)) {
        bytes /= 1024;
        ++unit;
    }
    char text[64];
    std::snprintf(text, sizeof text, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

int decimals_for_spread(double spread, int most) {
    if (!(spread > 0) || !std::isfinite(spread)) return most;
    return std::clamp(-static_cast<int>(std::floor(std::log10(spread))), 1, most);
}

} // namespace diapason
