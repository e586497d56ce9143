// Small changes to good files, by a seeded generator: what damage and malice begin with.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace diapason::testing {

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : m_random(seed) {}

    std::size_t below(std::size_t count) { return count == 0 ? 0 : m_random() % count; }
    template <class List>
    const auto& one_of(const List& list) {
        return list[below(std::size(list))];
    }

    /// One to four changes: bytes, stretches, numbers.
    std::string changed(std::string text) {
        for (std::size_t changes = 1 + below(4); changes > 0; --changes)
            change(text);
        return text;
    }

    /// The text of a document: changed as a text, or in one to three of its values.
    std::string changed_json(Json document) {
        static const std::vector<Json> values = {nullptr,
                                                 true,
                                                 -1,
                                                 0,
                                                 1.5,
                                                 1e308,
                                                 4294967297,
                                                 INT64_MIN,
                                                 UINT64_MAX,
                                                 "",
                                                 "x",
                                                 "\u0000\u001b[31m\u202e",
                                                 std::string(5000, 'a'),
                                                 Json::array(),
                                                 Json::object(),
                                                 {{"a", {{"b", {1, "c"}}}}},
                                                 std::vector<int>(2000, 1)};
        if (below(2) == 0) return changed(document.dump());
        for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
            Json* at = &document;
            while (at->is_structured() && !at->empty() && (at == &document || below(5) != 0))
                at = &*std::next(at->begin(), static_cast<std::ptrdiff_t>(below(at->size())));
            *at = one_of(values);
        }
        return document.dump();
    }

    /// A safetensors file whose header was changed; mostly with a length that is right again.
    std::string changed_header(const std::string& file) {
        std::uint64_t length = 0;
        std::memcpy(&length, file.data(), sizeof length);
        const std::string header = changed(file.substr(8, length));
        length = below(8) == 0 ? length + m_random() % 64 : header.size();
        std::string bytes(sizeof length, '\0');
        std::memcpy(bytes.data(), &length, sizeof length);
        return bytes + header + file.substr(8 + file_header(file));
    }

    /// A safetensors file with values that are no numbers, or absurd ones.
    std::string changed_values(std::string file) {
        constexpr std::uint32_t bits[] = {0x7fc00000, 0x7f800000, 0xff800000, 0x7f7fffff, 0x00000001, 0x80000000};
        const std::size_t begin = 8 + file_header(file), count = (file.size() - begin) / 4;
        for (std::size_t n = 1 + below(count); n > 0; --n) {
            const std::uint32_t value = one_of(bits);
            std::memcpy(file.data() + begin + 4 * below(count), &value, sizeof value);
        }
        return file;
    }

private:
    static std::uint64_t file_header(const std::string& file) {
        std::uint64_t length = 0;
        std::memcpy(&length, file.data(), sizeof length);
        return length;
    }

    void change(std::string& text) {
        static const std::vector<std::string> numbers = {
            "-1", "0", "1e308", "4294967297", "2147483648", "9223372036854775807", "1.5", "99999999999999999999999"};
        static const std::vector<std::string> pieces = {
            "\"",       "{",  "}",  "[",       "]", ",", ":", "null", "true", "\\u0000", std::string(1, '\0'),
            "\xff\xfe", "\n", "\t", "\x1b[31m"};
        const std::size_t at = below(text.size());
        switch (below(7)) {
        case 0:
            if (!text.empty()) text[at] = static_cast<char>(m_random());
            return;
        case 1:
            text.erase(at, 1 + below(40));
            return;
        case 2:
            text.insert(at, text.substr(below(text.size()), 1 + below(60)));
            return;
        case 3:
            text.insert(at, one_of(pieces));
            return;
        case 4:
            if (below(4) == 0) text.resize(at);
            return;
        default:
            if (const std::size_t digit = text.find_first_of("0123456789", at); digit != std::string::npos) {
                const std::size_t end = text.find_first_not_of("0123456789.", digit);
                text.replace(digit, (end == std::string::npos ? text.size() : end) - digit, one_of(numbers));
            }
        }
    }

    std::mt19937_64 m_random;
};

} // namespace diapason::testing
