// Numbers as people read them: one place, so that screen, tables and files agree.
#pragma once

#include <cstdint>
#include <string>

namespace diapason {

/// With a true minus and `decimals` digits; "—" for what is not finite.
std::string format_number(double value, int decimals);
/// "+0.31", "−0.14", "0.00".
std::string format_difference(double value, int decimals);
/// Thousands parted by thin spaces: "294 912".
std::string format_count(std::int64_t value);
/// "5e−4", "0.03": learning rates.
std::string format_rate(double value);
/// "0:53", "2 h 11 min", "3 d 4 h".
std::string format_duration(double seconds);
/// "1.2 MiB".
std::string format_bytes(double bytes);
/// Decimals that a mean with this spread can carry: down to the spread's first digit, from 1 to `most`.
int decimals_for_spread(double spread, int most);

} // namespace diapason
