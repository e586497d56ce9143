// How a delimiter divides a text: the five behaviours of the tokenizers format.
#pragma once

#include "core/text/tokenizer_stages.h"

#include <string_view>
#include <vector>

namespace diapason {

enum class Delimiters { removed, isolated, contiguous, merged_with_previous, merged_with_next };

/// @throws Error(input) for an unknown name
Delimiters delimiters_from(const StageJson& object, const char* field, Delimiters fallback, const StagePlace& place);

/// A piece of a text that is wholly delimiter or wholly not.
struct Part {
    Span span;
    bool delimiter = false;
};

/// Turns `matches` in a text of `size` characters into parts that cover it. @param inverted the gaps are the delimiters
std::vector<Part> parts_of(const std::vector<Span>& matches, std::size_t size, bool inverted);

/// Every character for which `is_delimiter` holds is a delimiter by itself.
template <typename Predicate>
std::vector<Part> character_parts(std::u32string_view text, Predicate&& is_delimiter) {
    std::vector<Part> parts;
    std::uint32_t plain = 0;
    for (std::uint32_t i = 0; i < text.size(); ++i) {
        if (!is_delimiter(text[i])) continue;
        if (plain < i) parts.push_back({{plain, i}, false});
        parts.push_back({{i, i + 1}, true});
        plain = i + 1;
    }
    if (plain < text.size()) parts.push_back({{plain, static_cast<std::uint32_t>(text.size())}, false});
    return parts;
}

/// The words that remain of the parts.
std::vector<Span> divide(const std::vector<Part>& parts, Delimiters behaviour);

/// Replaces each word by what divide(find(word), behaviour) makes of it.
template <typename Find>
void split_words(Words& words, Delimiters behaviour, Find&& find) {
    std::vector<Span> out;
    out.reserve(words.spans.size());
    const std::u32string_view text = words.text.text();
    for (const Span word : words.spans) {
        for (const Span piece : divide(find(text.substr(word.begin, word.size())), behaviour))
            if (!piece.empty()) out.push_back({word.begin + piece.begin, word.begin + piece.end});
    }
    words.spans = std::move(out);
}

/// Rewrites each word by itself: write(word, rewriter) puts its new characters.
template <typename Write>
void rewrite_words(Words& words, Write&& write) {
    TextRewriter out(words.text);
    std::vector<Span> spans;
    spans.reserve(words.spans.size());
    for (const Span word : words.spans) {
        const auto begin = static_cast<std::uint32_t>(out.written());
        write(word, out);
        const auto end = static_cast<std::uint32_t>(out.written());
        if (begin < end) spans.push_back({begin, end});
    }
    out.commit();
    words.spans = std::move(spans);
}

} // namespace diapason
