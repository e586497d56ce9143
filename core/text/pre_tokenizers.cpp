#include "core/text/byte_alphabet.h"
#include "core/text/metaspace.h"
#include "core/text/splitting.h"
#include "core/text/tokenizer_stages.h"
#include "core/text/unicode.h"

#include <unicode/uscript.h>

#include <algorithm>
#include <map>

namespace diapason {
namespace {

using PreTokenizerPtr = std::unique_ptr<PreTokenizer>;

// White space separates, punctuation stands alone.
class BertPreTokenizer : public PreTokenizer {
public:
    BertPreTokenizer(const StageJson&, const StagePlace&) {}
    void apply(Words& words) const override {
        std::vector<Span> out;
        const std::u32string& text = words.text.text();
        for (const Span word : words.spans) {
            std::uint32_t begin = word.begin;
            for (std::uint32_t i = word.begin; i < word.end; ++i) {
                const bool blank = is_white_space(text[i]);
                if (!blank && !is_punctuation(text[i])) continue;
                if (begin < i) out.push_back({begin, i});
                if (!blank) out.push_back({i, i + 1});
                begin = i + 1;
            }
            if (begin < word.end) out.push_back({begin, word.end});
        }
        words.spans = std::move(out);
    }
};

// GPT-2's pattern in one pass, as every byte-level tokenizer runs it over all of its text:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t match_gpt2(std::u32string_view text, std::size_t start) {
    if (text[start] == U'\'') {
        for (const std::u32string_view suffix : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"})
            if (text.substr(start).starts_with(suffix)) return start + suffix.size();
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

// Words in the alphabet of bytes, each with the blank before it.
class ByteLevel : public PreTokenizer {
public:
    ByteLevel(const StageJson& object, const StagePlace& place)
        : m_prefix(stage_value(object, "add_prefix_space", true, place)),
          m_split(stage_value(object, "use_regex", true, place)) {}

    void apply(Words& words) const override {
        if (m_prefix) {
            rewrite_words(words, [](Span word, TextRewriter& out) {
                if (out.old()[word.begin] != U' ') out.put(U' ', word.begin);
                out.keep(word.begin, word.end);
            });
        }
        if (m_split) {
            std::vector<Span> spans;
            const std::u32string_view text = words.text.text();
            for (const Span word : words.spans) {
                const std::u32string_view part = text.substr(0, word.end);
                for (std::uint32_t start = word.begin; start < word.end;) {
                    // The pattern looks no further back than its start, so the text before it does not matter.
                    const auto end = static_cast<std::uint32_t>(match_gpt2(part, start));
                    spans.push_back({start, end});
                    start = end;
                }
            }
            words.spans = std::move(spans);
        }
        rewrite_words(words, [](Span word, TextRewriter& out) {
            for (std::size_t i = word.begin; i < word.end; ++i)
                each_stand_in(out.old()[i], [&](char32_t c) { out.put(c, i); });
        });
    }

private:
    bool m_prefix, m_split;
};

class Metaspace : public PreTokenizer {
public:
    Metaspace(const StageJson& object, const StagePlace& place) : m_settings(object, place) {}

    void apply(Words& words) const override {
        const char32_t mark = m_settings.replacement;
        rewrite_words(words, [&](Span word, TextRewriter& out) {
            const char32_t first = out.old()[word.begin];
            const bool wanted =
                m_settings.prepend == MetaspaceSettings::Prepend::always ||
                (m_settings.prepend == MetaspaceSettings::Prepend::first && word.begin == 0 && words.text.at_start());
            if (wanted && first != U' ' && first != mark) out.put(mark, word.begin);
            for (std::size_t i = word.begin; i < word.end; ++i)
                out.put(out.old()[i] == U' ' ? mark : out.old()[i], i);
        });
        if (!m_settings.split) return;
        split_words(words, Delimiters::merged_with_next, [mark](std::u32string_view word) {
            return character_parts(word, [mark](char32_t c) { return c == mark; });
        });
    }

private:
    MetaspaceSettings m_settings;
};

// Runs of word characters and runs of the rest; white space goes.
class Whitespace : public PreTokenizer {
public:
    Whitespace(const StageJson&, const StagePlace&) {}
    void apply(Words& words) const override {
        std::vector<Span> out;
        const std::u32string& text = words.text.text();
        const auto kind = [](char32_t c) { return is_word(c) ? 1 : is_white_space(c) ? 0 : 2; };
        for (const Span word : words.spans) {
            for (std::uint32_t begin = word.begin; begin < word.end;) {
                const int what = kind(text[begin]);
                std::uint32_t end = begin + 1;
                while (end < word.end && kind(text[end]) == what)
                    ++end;
                if (what != 0) out.push_back({begin, end});
                begin = end;
            }
        }
        words.spans = std::move(out);
    }
};

// Splits at single characters of one kind.
class CharacterSplit : public PreTokenizer {
public:
    CharacterSplit(bool (*is_delimiter)(char32_t), Delimiters behaviour)
        : m_is_delimiter(is_delimiter),
          m_behaviour(behaviour) {}
    void apply(Words& words) const override {
        split_words(words, m_behaviour,
                    [this](std::u32string_view word) { return character_parts(word, m_is_delimiter); });
    }

private:
    bool (*m_is_delimiter)(char32_t);
    Delimiters m_behaviour;
};

class CharDelimiterSplit : public PreTokenizer {
public:
    CharDelimiterSplit(const StageJson& object, const StagePlace& place)
        : m_delimiter(stage_character(object, "delimiter", U' ', place)) {}
    void apply(Words& words) const override {
        split_words(words, Delimiters::removed, [this](std::u32string_view word) {
            return character_parts(word, [this](char32_t c) { return c == m_delimiter; });
        });
    }

private:
    char32_t m_delimiter;
};

class Split : public PreTokenizer {
public:
    Split(const StageJson& object, const StagePlace& place)
        : m_pattern(stage_pattern(object, place)),
          m_behaviour(delimiters_from(object, "behavior", Delimiters::isolated, place)),
          m_invert(stage_value(object, "invert", false, place)) {}

    void apply(Words& words) const override {
        split_words(words, m_behaviour, [this](std::u32string_view word) {
            return parts_of(m_pattern.matches(word), word.size(), m_invert);
        });
    }

private:
    Pattern m_pattern;
    Delimiters m_behaviour;
    bool m_invert;
};

class FixedLength : public PreTokenizer {
public:
    FixedLength(const StageJson& object, const StagePlace& place)
        : m_length(stage_value(object, "length", std::int64_t{5}, place)) {
        if (m_length < 1 || m_length > 1'000'000)
            (place / "length").fail("must be a length from 1 to 1,000,000", std::to_string(m_length));
    }
    void apply(Words& words) const override {
        std::vector<Span> out;
        for (const Span word : words.spans)
            for (std::uint32_t at = word.begin; at < word.end; at += static_cast<std::uint32_t>(m_length))
                out.push_back({at, std::min(word.end, at + static_cast<std::uint32_t>(m_length))});
        words.spans = std::move(out);
    }

private:
    std::int64_t m_length;
};

// Cuts where the script changes; the Japanese scripts count as Han, a blank as whatever stands before it.
class UnicodeScripts : public PreTokenizer {
public:
    UnicodeScripts(const StageJson&, const StagePlace&) {}
    void apply(Words& words) const override {
        std::vector<Span> out;
        const std::u32string& text = words.text.text();
        for (const Span word : words.spans) {
            int last = any;
            std::uint32_t begin = word.end; // blanks before the first script are lost, as in the library
            for (std::uint32_t i = word.begin; i < word.end; ++i) {
                const int script = script_of(text[i]);
                if (script == any) continue;
                if (script != last) {
                    if (begin < i) out.push_back({begin, i});
                    begin = i;
                }
                last = script;
            }
            if (begin < word.end) out.push_back({begin, word.end});
        }
        words.spans = std::move(out);
    }

private:
    static constexpr int any = -1;
    static int script_of(char32_t c) {
        if (c == U' ' || !in_unicode(c, 9)) return any; // as old as the library's table
        if (c == 0x30FC) return USCRIPT_HAN;
        UErrorCode status = U_ZERO_ERROR;
        const int script = uscript_getScript(static_cast<UChar32>(c), &status);
        if (script == USCRIPT_UNKNOWN) return any;
        return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ? int{USCRIPT_HAN} : script;
    }
};

class Sequence : public PreTokenizer {
public:
    Sequence(const StageJson& object, const StagePlace& place) {
        for (const StageJson& part : stage_parts(object, "pretokenizers", place))
            m_parts.push_back(
                make_pre_tokenizer(part, place / ("pretokenizers[" + std::to_string(m_parts.size()) + "]")));
    }
    void apply(Words& words) const override {
        for (const auto& part : m_parts)
            if (part) part->apply(words);
    }

private:
    std::vector<PreTokenizerPtr> m_parts;
};

template <typename Kind>
PreTokenizerPtr make(const StageJson& object, const StagePlace& place) {
    return std::make_unique<Kind>(object, place);
}
PreTokenizerPtr make_white_space_split(const StageJson&, const StagePlace&) {
    return std::make_unique<CharacterSplit>(is_white_space, Delimiters::removed);
}
PreTokenizerPtr make_digits(const StageJson& object, const StagePlace& place) {
    const bool each = stage_value(object, "individual_digits", false, place);
    return std::make_unique<CharacterSplit>(is_number, each ? Delimiters::isolated : Delimiters::contiguous);
}
PreTokenizerPtr make_punctuation(const StageJson& object, const StagePlace& place) {
    return std::make_unique<CharacterSplit>(is_punctuation,
                                            delimiters_from(object, "behavior", Delimiters::isolated, place));
}

} // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const StageJson& object, const StagePlace& place) {
    static const std::map<std::string, PreTokenizerPtr (*)(const StageJson&, const StagePlace&)> makers = {
        {"BertPreTokenizer", make<BertPreTokenizer>},
        {"ByteLevel", make<ByteLevel>},
        {"CharDelimiterSplit", make<CharDelimiterSplit>},
        {"Digits", make_digits},
        {"FixedLength", make<FixedLength>},
        {"Metaspace", make<Metaspace>},
        {"Punctuation", make_punctuation},
        {"Sequence", make<Sequence>},
        {"Split", make<Split>},
        {"UnicodeScripts", make<UnicodeScripts>},
        {"Whitespace", make<Whitespace>},
        {"WhitespaceSplit", make_white_space_split},
    };
    if (object.is_null()) return nullptr;
    return std::make_unique<PlacedStage<PreTokenizer, Words&>>(
        find_stage(makers, object, place, "pre-tokenizer")(object, place), place);
}

} // namespace diapason
