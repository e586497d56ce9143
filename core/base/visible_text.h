// Names and texts of others in one line of ours.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace diapason {

/// In one line, every character of which a reader sees: line ends and tabs become a space; other control characters,
/// those that turn the direction of writing or have no width, and bytes that are not UTF-8 become "\u{202e}". What a
/// terminal or a table would obey is thus only shown.
std::string visible_line(std::string_view text);
/// The same of each line; line ends stay.
std::string visible_lines(std::string_view text);
/// The text with `change` made to each of its lines; line ends stay.
std::string line_by_line(std::string_view text, const std::function<std::string(std::string_view line)>& change);

/// At most about `most` bytes of a text, whole characters, with "…" where something is left out.
std::string shortened(std::string_view text, std::size_t most);

} // namespace diapason
