// Regular expressions of tokenizer files, from text to a syntax tree.

#include "core/text/pattern_program.h"
#include "core/text/unicode.h"

#include <unicode/uchar.h>

#include <cctype>
#include <stdexcept>

namespace diapason {
namespace {

constexpr int max_depth = 100;
constexpr int max_count = 1000;

using NodePtr = std::unique_ptr<PatternNode>;

NodePtr make(PatternNode::Kind kind) {
    auto node = std::make_unique<PatternNode>();
    node->kind = kind;
    return node;
}

icu::UnicodeSet named(const char* pattern) {
    UErrorCode status = U_ZERO_ERROR;
    return icu::UnicodeSet(icu::UnicodeString::fromUTF8(pattern), status);
}

icu::UnicodeSet single(char32_t c) {
    return icu::UnicodeSet(static_cast<UChar32>(c), static_cast<UChar32>(c));
}

class Parser {
public:
    explicit Parser(std::u32string_view text) : m_text(text) {}

    NodePtr whole() {
        NodePtr node = alternatives();
        if (!done()) throw std::invalid_argument("a ) without a matching (");
        return node;
    }

private:
    bool done() const { return m_at >= m_text.size(); }
    char32_t peek() const { return done() ? U'\0' : m_text[m_at]; }
    bool next_is(std::u32string_view part) const { return m_text.substr(m_at).starts_with(part); }
    bool take(std::u32string_view part) {
        if (!next_is(part)) return false;
        m_at += part.size();
        return true;
    }
    char32_t take() {
        if (done()) throw std::invalid_argument("it ends in the middle");
        return m_text[m_at++];
    }

    NodePtr alternatives() {
        if (++m_depth > max_depth) throw std::invalid_argument("nested too deeply");
        const bool fold = m_fold, dot_all = m_dot_all; // (?i) lasts until its group ends
        NodePtr first = sequence();
        if (peek() == U'|') {
            NodePtr all = make(PatternNode::alternative);
            all->parts.push_back(std::move(first));
            while (take(U"|"))
                all->parts.push_back(sequence());
            first = std::move(all);
        }
        m_fold = fold;
        m_dot_all = dot_all;
        --m_depth;
        return first;
    }

    NodePtr sequence() {
        NodePtr all = make(PatternNode::sequence);
        while (!done() && peek() != U'|' && peek() != U')')
            all->parts.push_back(quantified());
        return all;
    }

    NodePtr quantified() {
        NodePtr node = atom();
        for (int stacked = 0;; ++stacked) {
            int min = 0, max = PatternNode::unlimited;
            bool counted = false;
            if (take(U"*")) {
            } else if (take(U"+")) {
                min = 1;
            } else if (take(U"?")) {
                max = 1;
            } else if (counts(min, max)) {
                counted = true;
            } else {
                return node;
            }
            if (stacked > 8) throw std::invalid_argument("too many quantifiers on one item");
            NodePtr repeat = make(PatternNode::repeat);
            repeat->min = min;
            repeat->max = max;
            // In this dialect a + or ? behind {n} repeats the whole instead of changing its temper.
            if (counted ? min != max && take(U"?") : take(U"?"))
                repeat->mode = Repeat::lazy;
            else if (!counted && take(U"+"))
                repeat->mode = Repeat::possessive;
            repeat->parts.push_back(std::move(node));
            node = std::move(repeat);
        }
    }

    // {n}, {n,}, {,m}, {n,m}; anything else is an ordinary brace.
    bool counts(int& min, int& max) {
        if (peek() != U'{') return false;
        std::size_t at = m_at + 1;
        const auto number = [&]() -> int {
            int value = -1;
            while (at < m_text.size() && m_text[at] >= U'0' && m_text[at] <= U'9') {
                value = (value < 0 ? 0 : value) * 10 + static_cast<int>(m_text[at++] - U'0');
                if (value > max_count) throw std::invalid_argument("a count over 1000");
            }
            return value;
        };
        const int low = number();
        int high = low;
        if (at < m_text.size() && m_text[at] == U',') {
            ++at;
            high = number();
            if (low < 0 && high < 0) return false;
        } else if (low < 0) {
            return false;
        }
        if (at >= m_text.size() || m_text[at] != U'}') return false;
        m_at = at + 1;
        min = low < 0 ? 0 : low;
        max = high; // -1 = no limit
        if (max >= 0 && max < min) throw std::invalid_argument("a count whose maximum is less than its minimum");
        return true;
    }

    NodePtr one_of(const icu::UnicodeSet& set) {
        NodePtr node = make(PatternNode::set);
        node->members = set;
        return node;
    }
    icu::UnicodeSet folded(icu::UnicodeSet set) const {
        if (m_fold) set.closeOver(USET_CASE_INSENSITIVE);
        return set;
    }

    NodePtr atom() {
        const char32_t c = take();
        switch (c) {
        case U'(':
            return group();
        case U'[':
            return one_of(bracket());
        case U'.':
            return one_of(m_dot_all ? named("[\\u0000-\\U0010FFFF]") : named("[^\\n]"));
        case U'^':
            return make(PatternNode::line_begin);
        case U'$':
            return make(PatternNode::line_end);
        case U'*':
        case U'+':
        case U'?':
            throw std::invalid_argument("a quantifier with nothing to repeat");
        case U'\\':
            break;
        default:
            return one_of(folded(single(c)));
        }
        switch (peek()) {
        case U'A':
            ++m_at;
            return make(PatternNode::text_begin);
        case U'z':
            ++m_at;
            return make(PatternNode::text_end);
        case U'Z':
            ++m_at;
            return make(PatternNode::last_line_end);
        case U'b':
            ++m_at;
            return make(PatternNode::word_edge);
        case U'B': {
            ++m_at;
            NodePtr node = make(PatternNode::word_edge);
            node->negative = true;
            return node;
        }
        default:
            break;
        }
        const char32_t e = peek();
        if ((e >= U'1' && e <= U'9') || e == U'k' || e == U'g' || e == U'G' || e == U'R' || e == U'X' || e == U'K')
            throw std::invalid_argument(std::string("unsupported: \\") + static_cast<char>(e));
        return one_of(folded(escape()));
    }

    NodePtr group() {
        NodePtr node;
        PatternNode::Kind kind = PatternNode::sequence;
        bool negative = false, behind = false;
        const bool fold = m_fold, dot_all = m_dot_all;
        if (take(U"?")) {
            if (take(U":")) {
            } else if (take(U">")) {
                kind = PatternNode::atomic;
            } else if (take(U"=")) {
                kind = PatternNode::look;
            } else if (take(U"!")) {
                kind = PatternNode::look;
                negative = true;
            } else if (take(U"<=")) {
                kind = PatternNode::look;
                behind = true;
            } else if (take(U"<!")) {
                kind = PatternNode::look;
                negative = behind = true;
            } else if (take(U"#")) {
                while (take() != U')') {
                }
                return make(PatternNode::empty);
            } else if (take(U"<") || take(U"P<")) {
                while (take() != U'>') {
                }
            } else {
                bool on = true;
                for (char32_t c = take(); c != U':'; c = take()) {
                    if (c == U')') return make(PatternNode::empty); // to the end of the enclosing group
                    if (c == U'-')
                        on = false;
                    else if (c == U'i')
                        m_fold = on;
                    else if (c == U'm' || c == U's')
                        m_dot_all = on;
                    else
                        throw std::invalid_argument("unsupported: this kind of group");
                }
            }
        }
        node = make(kind);
        node->negative = negative;
        node->behind = behind;
        node->parts.push_back(alternatives());
        if (!take(U")")) throw std::invalid_argument("a ( without a matching )");
        m_fold = fold;
        m_dot_all = dot_all;
        return node;
    }

    std::uint32_t hexadecimal(std::size_t least, std::size_t most) {
        std::uint32_t value = 0;
        std::size_t digits = 0;
        for (; digits < most; ++digits, ++m_at) {
            const int digit = peek() < 128 ? u_digit(static_cast<UChar32>(peek()), 16) : -1;
            if (digit < 0) break;
            value = value * 16 + static_cast<std::uint32_t>(digit);
        }
        if (digits < least || value > 0x10FFFF) throw std::invalid_argument("an invalid hexadecimal number");
        return value;
    }

    // Behind a backslash: a character or a class.
    icu::UnicodeSet escape() {
        const char32_t c = take();
        switch (c) {
        case U'n':
            return single(U'\n');
        case U'r':
            return single(U'\r');
        case U't':
            return single(U'\t');
        case U'f':
            return single(U'\f');
        case U'v':
            return single(U'\v');
        case U'a':
            return single(U'\a');
        case U'e':
            return single(0x1B);
        case U'0':
            return single(0);
        case U'd':
            return named("\\p{Nd}");
        case U'D':
            return named("\\P{Nd}");
        case U's':
            return named("\\p{White_Space}");
        case U'S':
            return named("\\P{White_Space}");
        case U'w':
            return named("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼-¾]");
        case U'W':
            return named("[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼-¾]");
        case U'h':
            return named("[0-9a-fA-F]");
        case U'H':
            return named("[^0-9a-fA-F]");
        case U'x':
            if (take(U"{")) {
                const std::uint32_t value = hexadecimal(1, 8);
                if (!take(U"}")) throw std::invalid_argument("\\x{ without a matching }");
                return single(value);
            }
            return single(hexadecimal(1, 2));
        case U'u':
            return single(hexadecimal(4, 4));
        case U'p':
        case U'P':
            return property(c == U'P');
        default:
            return single(c);
        }
    }

    icu::UnicodeSet property(bool negative) {
        std::string name;
        if (take(U"{")) {
            if (take(U"^")) negative = !negative;
            for (char32_t c = take(); c != U'}'; c = take())
                append_utf8(name, c);
        } else {
            append_utf8(name, take());
        }
        for (const char c : name) { // a name, and not a piece of ICU's own pattern language
            if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != ' ' && c != '=')
                throw std::invalid_argument("the unknown property " + name);
        }
        UErrorCode status = U_ZERO_ERROR;
        icu::UnicodeSet set(icu::UnicodeString::fromUTF8((negative ? "\\P{" : "\\p{") + name + "}"), status);
        if (U_FAILURE(status)) throw std::invalid_argument("the unknown property " + name);
        return set;
    }

    // [:alpha:] and [:^alpha:]
    bool posix_class(icu::UnicodeSet& set) {
        const std::size_t end = m_text.find(U":]", m_at);
        if (!next_is(U":") || end == std::u32string_view::npos || end - m_at > 12) return false;
        const std::size_t start = m_at + 1;
        std::string name = encode_utf8(m_text.substr(start, end - start));
        const bool negative = !name.empty() && name[0] == '^';
        if (negative) name.erase(0, 1);
        for (const char c : name)
            if (!std::isalpha(static_cast<unsigned char>(c))) return false;
        if (name == "word")
            set = named("[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}²³¹¼-¾]");
        else if (name == "punct")
            set = named("[\\p{P}\\p{S}]");
        else {
            UErrorCode status = U_ZERO_ERROR;
            set = icu::UnicodeSet(icu::UnicodeString::fromUTF8("\\p{" + name + "}"), status);
            if (U_FAILURE(status)) throw std::invalid_argument("the unknown class [:" + name + ":]");
        }
        if (negative) set.complement();
        m_at = end + 2;
        return true;
    }

    // Behind [, up to and with its ].
    icu::UnicodeSet bracket() {
        if (++m_depth > max_depth) throw std::invalid_argument("nested too deeply");
        const bool negative = take(U"^");
        icu::UnicodeSet set;
        bool intersecting = false;
        icu::UnicodeSet left; // of &&
        for (bool first = true;; first = false) {
            if (next_is(U"]") && !first) break;
            if (take(U"&&")) {
                left = intersecting ? left.retainAll(set) : set;
                intersecting = true;
                set.clear();
                continue;
            }
            const char32_t c = take();
            icu::UnicodeSet item;
            if (c == U'[') {
                if (!posix_class(item)) item = bracket();
                set.addAll(item);
                continue;
            }
            item = c == U'\\' ? (next_is(U"b") ? (++m_at, single(8)) : escape()) : single(c);
            // A range, unless the hyphen is the last character or follows a class.
            if (item.size() == 1 && next_is(U"-") && m_at + 1 < m_text.size() && m_text[m_at + 1] != U']') {
                ++m_at;
                const char32_t last = take();
                if (last == U'[') { // [a-[b]]: a hyphen and a class
                    item.add(U'-');
                    --m_at;
                } else {
                    const icu::UnicodeSet end = last == U'\\' ? escape() : single(last);
                    if (end.size() != 1) {
                        item.add(U'-');
                        item.addAll(end);
                    } else {
                        if (end.charAt(0) < item.charAt(0)) throw std::invalid_argument("a range from high to low");
                        item = icu::UnicodeSet(item.charAt(0), end.charAt(0));
                    }
                }
            }
            set.addAll(item);
        }
        ++m_at;
        if (intersecting) set.retainAll(left);
        set = folded(set);
        if (negative) set.complement();
        --m_depth;
        return set;
    }

    std::u32string_view m_text;
    std::size_t m_at = 0;
    int m_depth = 0;
    bool m_fold = false, m_dot_all = false;
};

} // namespace

std::unique_ptr<PatternNode> parse_pattern(std::u32string_view expression) {
    return Parser(expression).whole();
}

} // namespace diapason
