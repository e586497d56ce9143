#include "core/data/metrics/python_text.h"

#include "core/text/unicode.h"

namespace diapason::python {

bool is_space(char32_t c) {
    return is_white_space(c) || (c >= 0x1C && c <= 0x1F);
}

bool is_word(char32_t c) {
    return c == U'_' || is_letter(c) || is_number(c);
}

bool is_punctuation(char32_t c) {
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
}

std::vector<std::u32string_view> split(std::u32string_view text) {
    std::vector<std::u32string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < text.size() && !is_space(text[at]))
            ++at;
        words.push_back(text.substr(begin, at - begin));
    }
    return words;
}

std::u32string_view without_spaces_behind(std::u32string_view text) {
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::u32string replaced(std::u32string_view text, std::u32string_view from, std::u32string_view to) {
    std::u32string out;
    out.reserve(text.size());
    std::size_t at = 0;
    for (std::size_t found = 0; (found = text.find(from, at)) != std::u32string_view::npos; at = found + from.size())
        out.append(text.substr(at, found - at)).append(to);
    return out.append(text.substr(at));
}

} // namespace diapason::python
