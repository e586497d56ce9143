#include "core/data/metrics/families.h"

#include <charconv>

namespace diapason {

std::string signature_number(double value) {
    char text[400];
    const auto written = [&](auto... how) {
        return std::string(text, std::to_chars(text, std::end(text), value, how...).ptr);
    };
    const std::string two = written(std::chars_format::fixed, 2);
    double read = 0;
    std::from_chars(two.data(), two.data() + two.size(), read);
    return read == value ? two : written();
}

} // namespace diapason
