#include "core/base/error.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

namespace diapason {
namespace {

using Words = std::vector<std::u32string>;

class Identity : public PreTokenizer {
public:
    Words apply(Words words) const override { return words; }
};

// White space separates, punctuation stands alone.
class BertPreTokenizer : public PreTokenizer {
public:
    Words apply(Words words) const override {
        Words out;
        for (const std::u32string& word : words) {
            std::u32string current;
            const auto flush = [&] {
                if (!current.empty()) out.push_back(std::move(current));
                current.clear();
            };
            for (const char32_t c : word) {
                if (is_white_space(c)) {
                    flush();
                } else if (is_punctuation(c)) {
                    flush();
                    out.push_back({c});
                } else {
                    current.push_back(c);
                }
            }
            flush();
        }
        return out;
    }
};

// GPT-2's pattern, matched by hand in one pass: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|
// ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t match_gpt2(const std::u32string& text, std::size_t start) {
    for (const char32_t* suffix : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
        const std::u32string_view view(suffix);
        if (text.compare(start, view.size(), view) == 0) return start + view.size();
    }
    std::size_t at = start;
    if (text[at] == U' ' && at + 1 < text.size()) ++at;
    const auto run = [&](auto&& belongs) {
        std::size_t end = at;
        while (end < text.size() && belongs(text[end]))
            ++end;
        return end;
    };
    const auto other = [](char32_t c) { return !is_white_space(c) && !is_letter(c) && !is_number(c); };
    if (is_letter(text[at])) return run(is_letter);
    if (is_number(text[at])) return run(is_number);
    if (other(text[at])) return run(other);
    at = start;
    const std::size_t end = run(is_white_space);
    // The last blank of a run belongs to the word behind it.
    return end < text.size() && end - start > 1 ? end - 1 : end;
}

std::u32string to_byte_alphabet(const std::u32string& word) {
    std::u32string out;
    for (const char byte : encode_utf8(word))
        out.push_back(byte_alphabet()[static_cast<unsigned char>(byte)]);
    return out;
}

class ByteLevel : public PreTokenizer {
public:
    explicit ByteLevel(const Json& object)
        : m_prefix(object.value("add_prefix_space", true)),
          m_split(object.value("use_regex", true)) {}

    Words apply(Words words) const override {
        Words out;
        for (std::u32string& word : words) {
            if (word.empty()) continue;
            if (m_prefix && !is_white_space(word.front())) word.insert(word.begin(), U' ');
            if (!m_split) {
                out.push_back(to_byte_alphabet(word));
                continue;
            }
            for (std::size_t start = 0; start < word.size();) {
                const std::size_t end = match_gpt2(word, start);
                out.push_back(to_byte_alphabet(word.substr(start, end - start)));
                start = end;
            }
        }
        return out;
    }

private:
    bool m_prefix, m_split;
};

class Digits : public PreTokenizer {
public:
    explicit Digits(const Json& object) : m_each(object.value("individual_digits", false)) {}

    Words apply(Words words) const override {
        Words out;
        for (const std::u32string& word : words) {
            std::u32string current;
            bool digits = false;
            for (const char32_t c : word) {
                const bool digit = is_number(c);
                if (!current.empty() && (digit != digits || (digit && m_each))) {
                    out.push_back(std::move(current));
                    current.clear();
                }
                digits = digit;
                current.push_back(c);
            }
            if (!current.empty()) out.push_back(std::move(current));
        }
        return out;
    }

private:
    bool m_each;
};

class Sequence : public PreTokenizer {
public:
    Sequence(const Json& object, const std::string& origin) {
        for (const Json& part : object.at("pretokenizers"))
            m_parts.push_back(make_pre_tokenizer(part, origin));
    }
    Words apply(Words words) const override {
        for (const auto& part : m_parts)
            words = part->apply(std::move(words));
        return words;
    }

private:
    std::vector<std::unique_ptr<PreTokenizer>> m_parts;
};

} // namespace

const std::vector<char32_t>& byte_alphabet() {
    static const std::vector<char32_t> table = [] {
        std::vector<char32_t> t(256);
        char32_t next = 256;
        for (char32_t byte = 0; byte < 256; ++byte) {
            const bool printable =
                (byte >= U'!' && byte <= U'~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
            t[byte] = printable ? byte : next++;
        }
        return t;
    }();
    return table;
}

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& object, const std::string& origin) {
    if (object.is_null()) return std::make_unique<Identity>();
    const std::string type = object.value("type", "");
    if (type == "BertPreTokenizer") return std::make_unique<BertPreTokenizer>();
    if (type == "ByteLevel") return std::make_unique<ByteLevel>(object);
    if (type == "Digits") return std::make_unique<Digits>(object);
    if (type == "Sequence") return std::make_unique<Sequence>(object, origin);
    throw Error(ErrorKind::input,
                {"unsupported: this pre-tokenizer is not known", origin, "pre_tokenizer.type", type, {}});
}

} // namespace diapason
