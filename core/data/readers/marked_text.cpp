#include "core/data/readers/marked_text.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <cstdlib>

namespace diapason {
namespace {

std::string marked(const std::string& text, std::size_t begin, std::size_t length) {
    return text.substr(0, begin) + '*' + text.substr(begin, length) + '*' + text.substr(begin + length);
}

} // namespace

std::string with_marked_part(const std::string& text, std::int64_t begin, std::int64_t end) {
    const std::u32string points = decode_utf8(text);
    if (begin < 0 || end <= begin || end > static_cast<std::int64_t>(points.size()))
        throw input_error({}, "has a part from " + std::to_string(begin) + " to " + std::to_string(end) +
                                  " of a text of " + std::to_string(points.size()) + " characters");
    const auto bytes_in_front = encode_utf8(points.substr(0, static_cast<std::size_t>(begin))).size();
    const auto bytes =
        encode_utf8(points.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin))).size();
    return marked(text, bytes_in_front, bytes);
}

std::string with_marked_word(const std::string& text, std::int64_t index, const std::string& words) {
    constexpr const char* blanks = " \t\r\n";
    constexpr std::int64_t farthest = 2; // the published numbers are sometimes off by one
    std::size_t found = std::string::npos;
    std::int64_t nearest = farthest + 1, word = 0;
    for (std::size_t at = text.find_first_not_of(blanks); at != std::string::npos && !words.empty(); ++word) {
        const std::int64_t distance = std::abs(word - index);
        if (distance < nearest && text.compare(at, words.size(), words) == 0) {
            nearest = distance;
            found = at;
        }
        at = text.find_first_of(blanks, at);
        if (at != std::string::npos) at = text.find_first_not_of(blanks, at);
    }
    if (found == std::string::npos) throw input_error({}, "has no \"" + words + "\" at word " + std::to_string(index));
    return marked(text, found, words.size());
}

} // namespace diapason
