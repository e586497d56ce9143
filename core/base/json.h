// JSON as Diapason reads it: strict, bounded, and with messages that name the file.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace diapason {

/// Keeps the order of keys, so that what is written reads as it was meant.
using Json = nlohmann::ordered_json;

/// Parses a whole document. Rejects duplicate keys, invalid UTF-8, nesting over 64 levels and trailing text.
/// @param origin file name or description for messages
/// @param first_line number of the text's first line there, for messages
/// @throws Error(input) naming origin, line and column
Json parse_json(std::string_view text, std::string_view origin, std::size_t first_line = 1);

/// The same into sorted objects: Json looks a key up, and adds one, by going through all of them, which objects of many
/// thousand keys (vocabularies) cannot afford.
nlohmann::json parse_sorted_json(std::string_view text, std::string_view origin);

/// Reads and parses a file of at most max_bytes. @throws Error(input)
Json read_json(const std::filesystem::path& file, std::size_t max_bytes = 1u << 20);

/// JSON has no NaN and no infinity: "nan", "inf", "-inf". Finite doubles are written so that reading gives the same
/// bits.
Json number_to_json(double value);
double number_from_json(const Json& json); ///< @throws Error(input)

/// A path: its text, or for one that is not UTF-8 {"bytes": "2f746d702fff"}.
Json path_to_json(const std::filesystem::path& path);
std::filesystem::path path_from_json(const Json& json); ///< @throws Error(input)

/// The whole of a text or binary file. @throws Error(input) when it cannot be read or is larger than max_bytes
std::string read_file(const std::filesystem::path& file, std::size_t max_bytes);

} // namespace diapason
