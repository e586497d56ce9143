#include "core/text/chat/search.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/unicode.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <string.h>
#include <utility>

namespace diapason::chat {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// Up to 256 bytes the C library compares at every place that looks right; beyond, its method is linear.
void pay(Run& run, std::size_t searched, std::size_t part) {
    run.spend(searched / 16 * (1 + std::min<std::size_t>(part, 256) / 32));
}

struct Stretch {
    std::size_t begin, end;
};

// The C library's search takes linear time; the one of string_view takes the product of both lengths, which for a short
// part is less.
constexpr std::size_t short_part = 16;

std::size_t find_long(std::string_view text, std::string_view part, std::size_t from) {
    const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
    return found == nullptr ? npos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// What is found in turned texts is the last of what is there.
std::string turned(std::string_view text) {
    return {text.rbegin(), text.rend()};
}

} // namespace

std::size_t find_text(Run& run, std::string_view text, std::string_view part, std::size_t from) {
    run.spend(1);
    if (from > text.size()) return npos;
    if (part.empty()) return from;
    const std::size_t at = part.size() <= short_part ? text.find(part, from) : find_long(text, part, from);
    pay(run, std::min(at, text.size()) - from, part.size());
    return at;
}

std::size_t find_last_text(Run& run, std::string_view text, std::string_view part) {
    run.spend((text.size() + part.size()) / 16);
    const std::size_t at = find_text(run, turned(text), turned(part));
    return at == npos ? npos : text.size() - at - part.size();
}

std::int64_t count_text(Run& run, std::string_view text, std::string_view part) {
    if (part.empty()) return static_cast<std::int64_t>(count_characters(text)) + 1;
    std::int64_t count = 0;
    for (std::size_t at = 0; (at = find_text(run, text, part, at)) != npos; at += part.size())
        ++count;
    return count;
}

std::string replace_text(Run& run, std::string_view text, std::string_view from, std::string_view to,
                         std::int64_t most) {
    std::string out;
    std::size_t done = 0;
    const auto add = [&](std::string_view piece) {
        run.allow_bytes(out.size() + piece.size());
        run.spend(piece.size() / 16);
        out += piece;
    };
    for (std::size_t at = 0; most != 0 && (at = find_text(run, text, from, at)) != npos; --most) {
        add(text.substr(done, at - done));
        add(to);
        done = at;
        if (!from.empty()) {
            at = done += from.size();
        } else if (at == text.size()) { // an empty text stands before every character and at the end
            break;
        } else {
            at += byte_of_character(text.substr(at), 1);
        }
    }
    add(text.substr(done));
    return out;
}

std::vector<std::string_view> split_text(Run& run, std::string_view text, std::string_view separator, std::int64_t most,
                                         bool from_right) {
    if (separator.empty()) throw Fault("the separator of split is empty");
    std::vector<std::size_t> cuts;
    if (from_right) {
        // From the right, the separators that overlap are others.
        const std::string backwards = turned(text), mark = turned(separator);
        run.spend(text.size() / 16);
        for (std::size_t at = 0; most-- != 0 && (at = find_text(run, backwards, mark, at)) != npos; at += mark.size())
            cuts.push_back(text.size() - at - mark.size());
        std::reverse(cuts.begin(), cuts.end());
    } else {
        for (std::size_t at = 0; most-- != 0 && (at = find_text(run, text, separator, at)) != npos;
             at += separator.size())
            cuts.push_back(at);
    }
    run.allow_items(4 * cuts.size()); // each becomes a text
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (const std::size_t cut : cuts) {
        parts.push_back(text.substr(begin, cut - begin));
        begin = cut + separator.size();
    }
    parts.push_back(text.substr(begin));
    return parts;
}

std::vector<std::string_view> split_words(Run& run, std::string_view text, std::int64_t most, bool from_right) {
    run.spend(text.size() / 16);
    std::vector<Stretch> words;
    bool inside = false;
    for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
        if (is_space(c)) {
            inside = false;
        } else if (std::exchange(inside, true)) {
            words.back().end = end;
        } else {
            run.spend(4); // each becomes a text
            words.push_back({begin, end});
        }
    });
    const auto limit = static_cast<std::size_t>(most);
    if (most >= 0 && words.size() > limit) { // what is not cut any more keeps the white space at its end
        if (from_right) {
            const std::size_t end = words[words.size() - limit - 1].end;
            words.erase(words.begin(), words.end() - most);
            words.insert(words.begin(), {0, end});
        } else {
            words.resize(limit + 1);
            words.back().end = text.size();
        }
    }
    std::vector<std::string_view> parts;
    for (const Stretch& word : words)
        parts.push_back(text.substr(word.begin, word.end - word.begin));
    return parts;
}

std::vector<std::string_view> split_lines(Run& run, std::string_view text, bool keep_ends) {
    run.spend(text.size() / 16);
    std::vector<std::string_view> lines;
    std::size_t start = 0;
    for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
        if (!breaks_line(c)) return;
        run.spend(4);
        const bool after_return = c == U'\n' && begin > 0 && text[begin - 1] == '\r' && start == begin;
        if (!after_return)
            lines.push_back(text.substr(start, (keep_ends ? end : begin) - start));
        else if (keep_ends)
            lines.back() = std::string_view(lines.back().data(), lines.back().size() + 1);
        start = end;
    });
    if (start < text.size()) lines.push_back(text.substr(start));
    return lines;
}

Value strip_text(Run& run, const Text& text, Ends ends, const Value* characters) {
    std::optional<std::u32string> set;
    if (characters != nullptr) {
        if (characters->text() == nullptr)
            throw Fault("the characters to strip are a string, not " + kind_in_words(*characters));
        set = decode_utf8(characters->text()->bytes);
        // Each character of the text is looked for among all of these.
        run.spend(text.bytes.size() * set->size() / 64);
    }
    return run.text_like(text, std::string(strip(text.bytes, ends, set)));
}

bool is_in_case(Run& run, const Text& text, bool upper_case) {
    run.spend(text.bytes.size() / 16);
    bool some = false, all = true;
    for_characters(text.bytes, [&](char32_t c, std::size_t, std::size_t) {
        const auto character = static_cast<UChar32>(c);
        const bool fits = upper_case ? u_isUUppercase(character) : u_isULowercase(character);
        some = some || fits;
        all = all && (fits || !u_hasBinaryProperty(character, UCHAR_CASED));
    });
    return some && all;
}

} // namespace diapason::chat
