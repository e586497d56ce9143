#include "core/text/chat/tokens.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace diapason::chat {
namespace {

constexpr std::size_t max_name = 1000;
constexpr std::size_t npos = std::string_view::npos;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class Lexer {
public:
    explicit Lexer(std::string_view source) : m_source(source) {}

    std::vector<Token> whole() {
        while (m_at < m_source.size()) {
            const std::size_t tag = next_tag();
            if (tag == npos) {
                add_data(m_source.size());
                break;
            }
            const char kind = m_source[tag + 1];
            const char mark = tag + 2 < m_source.size() ? m_source[tag + 2] : '\0';
            const bool marked = mark == '-' || mark == '+';
            add_data(tag, kind, mark);
            move_to(tag + (marked ? 3 : 2));
            if (kind == '#')
                skip_comment();
            else if (kind == '{')
                read_tag(Token::output_begin, tag);
            else if (!read_raw())
                read_tag(Token::block_begin, tag);
        }
        add(Token::end, m_source.size(), m_source.size());
        return std::move(m_tokens);
    }

private:
    bool next_is(std::string_view text) const { return m_source.substr(m_at).starts_with(text); }

    void move_to(std::size_t place) {
        m_line += static_cast<int>(std::count(m_source.begin() + static_cast<std::ptrdiff_t>(m_at),
                                              m_source.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
        m_at = place;
    }
    void add(Token::Kind kind, std::size_t begin, std::size_t end) {
        m_tokens.push_back({kind, m_line, m_source.substr(begin, end - begin)});
    }

    std::size_t next_tag() const {
        for (std::size_t at = m_source.find('{', m_at); at != npos; at = m_source.find('{', at + 1)) {
            const char next = at + 1 < m_source.size() ? m_source[at + 1] : '\0';
            if (next == '{' || next == '%' || next == '#') return at;
        }
        return npos;
    }

    // The text up to a tag, without the white space that the tag takes along.
    void add_data(std::size_t end, char kind = '\0', char mark = '\0') {
        std::string_view text = m_source.substr(m_at, end - m_at);
        if (mark == '-') {
            text = strip(text, Ends::right);
        } else if (mark != '+' && (kind == '%' || kind == '#')) {
            const std::size_t line = text.rfind('\n') + 1; // 0: the text begins in the middle of a line, or with one
            if ((line > 0 || m_line_begins) && strip(text.substr(line)).empty()) text = text.substr(0, line);
        }
        if (!text.empty()) m_tokens.push_back({Token::data, m_line, text});
        move_to(end);
    }

    // White space behind a tag that ended with a minus.
    void skip_space() {
        const std::string_view rest = m_source.substr(m_at);
        move_to(m_at + (rest.size() - strip(rest, Ends::left).size()));
    }
    void end_tag(std::size_t size, char mark, bool takes_line_end) {
        move_to(m_at + size);
        if (mark == '-')
            skip_space();
        else if (takes_line_end && mark != '+' && next_is("\n"))
            move_to(m_at + 1);
        m_line_begins = m_at > 0 && m_source[m_at - 1] == '\n';
    }

    void skip_comment() {
        const std::size_t close = m_source.find("#}", m_at);
        if (close == npos) throw Fault("the comment {# is not closed by #}", {}, m_line);
        const char mark =
            close > m_at && (m_source[close - 1] == '-' || m_source[close - 1] == '+') ? m_source[close - 1] : '\0';
        move_to(close);
        end_tag(2, mark, true);
    }

    // A tag with only this word in it, at a place: its end, and what stood at both of its edges.
    struct WordTag {
        std::size_t begin = 0, content_end = npos;
        char first_mark = '\0', last_mark = '\0';
    };
    // @param at behind {% and its mark
    bool word_tag(std::size_t at, std::string_view word, WordTag& tag) const {
        const auto skip = [&] { at = m_source.size() - strip(m_source.substr(at), Ends::left).size(); };
        skip();
        if (!m_source.substr(at).starts_with(word)) return false;
        at += word.size();
        skip();
        tag.last_mark = m_source.substr(at).starts_with("-%}")   ? '-'
                        : m_source.substr(at).starts_with("+%}") ? '+'
                                                                 : '\0';
        at += tag.last_mark != '\0' ? 1 : 0;
        tag.content_end = at;
        return m_source.substr(at).starts_with("%}");
    }

    // {% raw %} … {% endraw %}, behind its {%.
    bool read_raw() {
        WordTag open;
        if (!word_tag(m_at, "raw", open) || open.last_mark == '+') return false;
        const int line = m_line;
        move_to(open.content_end);
        end_tag(2, open.last_mark, false);
        for (std::size_t at = m_source.find("{%", m_at); at != npos; at = m_source.find("{%", at + 2)) {
            const char mark = at + 2 < m_source.size() ? m_source[at + 2] : '\0';
            WordTag close;
            if (!word_tag(at + (mark == '-' || mark == '+' ? 3 : 2), "endraw", close)) continue;
            add_data(at, '%', mark);
            move_to(close.content_end);
            end_tag(2, close.last_mark, true);
            return true;
        }
        throw Fault("the block {% raw %} is not closed by {% endraw %}", {}, line);
    }

    // The inside of {{ }} or {% %}, up to and with its end.
    void read_tag(Token::Kind kind, std::size_t begin) {
        const bool block = kind == Token::block_begin;
        const std::string_view close = block ? "%}" : "}}";
        const int line = m_line;
        add(kind, begin, begin + 2);
        std::string brackets; // open ones: a }} within a dictionary ends no tag
        while (m_at < m_source.size()) {
            const std::string_view rest = m_source.substr(m_at);
            if (brackets.empty()) {
                const char mark = rest[0] == '-' || (block && rest[0] == '+') ? rest[0] : '\0';
                const std::size_t at = mark != '\0' ? 1 : 0;
                if (rest.substr(at).starts_with(close)) {
                    add(block ? Token::block_end : Token::output_end, m_at + at, m_at + at + 2);
                    return end_tag(at + 2, mark, block);
                }
            }
            read_token(rest, brackets);
        }
        throw Fault(std::string("the tag ") + (block ? "{%" : "{{") + " is not closed by " + std::string(close), {},
                    line);
    }

    void read_token(std::string_view rest, std::string& brackets) {
        std::size_t size = rest.size() - strip(rest, Ends::left).size();
        if (size > 0) return move_to(m_at + size);
        Token::Kind kind = Token::sign;
        if (is_digit(rest[0])) {
            std::tie(kind, size) = number(rest, m_at > 0 && m_source[m_at - 1] == '.');
        } else if (rest[0] == '"' || rest[0] == '\'') {
            kind = Token::string;
            size = string_size(rest);
        } else if ((size = name_size(rest)) > 0) {
            kind = Token::name;
            if (size > max_name)
                throw Fault("a name is longer than " + std::to_string(max_name) + " bytes", {}, m_line);
        } else {
            size = sign_size(rest);
            match_bracket(rest[0], brackets);
        }
        add(kind, m_at, m_at + size);
        move_to(m_at + size);
    }

    static std::size_t name_size(std::string_view text) {
        std::size_t size = text.size();
        bool ended = false;
        for (std::size_t at = 0; at < text.size() && !ended;) {
            const std::size_t next = at + byte_of_character(text.substr(at), 1);
            if (!is_word(decode_utf8(text.substr(at, next - at)).front())) {
                size = at;
                ended = true;
            }
            at = next;
        }
        return size;
    }

    std::size_t string_size(std::string_view text) const {
        for (std::size_t at = 1; at < text.size(); ++at) {
            if (text[at] == '\\')
                ++at;
            else if (text[at] == text[0])
                return at + 1;
        }
        throw Fault("a string is not closed by its quote", {}, m_line);
    }

    // Digits with single underscores between them, from a place on; npos when there are none.
    static std::size_t digits_end(std::string_view text, std::size_t at, std::string_view digits = "0123456789") {
        std::size_t end = npos;
        for (; at < text.size(); ++at) {
            if (digits.find(text[at]) != npos)
                end = at + 1;
            else if (text[at] != '_' || end != at)
                break;
        }
        return end;
    }
    // @param place whether it stands behind a dot: list.0.1 has no fraction
    static std::pair<Token::Kind, std::size_t> number(std::string_view text, bool place) {
        constexpr std::pair<char, std::string_view> bases[] = {
            {'x', "0123456789abcdefABCDEF"}, {'o', "01234567"}, {'b', "01"}};
        for (const auto& [letter, digits] : bases) {
            if (text.size() < 3 || text[0] != '0' || (text[1] | 0x20) != letter) continue;
            const std::size_t end = digits_end(text, text[2] == '_' ? 3 : 2, digits);
            if (end != npos) return {Token::integer, end};
        }
        const std::size_t whole = digits_end(text, 0);
        std::size_t end = whole;
        if (place) return {Token::integer, whole};
        if (end < text.size() && text[end] == '.') {
            const std::size_t fraction = digits_end(text, end + 1);
            if (fraction != npos && text[end + 1] != '_') end = fraction;
        }
        if (end < text.size() && (text[end] | 0x20) == 'e') {
            const std::size_t at =
                end + (end + 1 < text.size() && (text[end + 1] == '+' || text[end + 1] == '-') ? 2 : 1);
            const std::size_t exponent = digits_end(text, at);
            if (exponent != npos && text[at] != '_') end = exponent;
        }
        return {end == whole ? Token::integer : Token::real, end};
    }

    std::size_t sign_size(std::string_view text) const {
        for (const std::string_view sign : {"//", "**", "==", "!=", ">=", "<="}) {
            if (text.starts_with(sign)) return sign.size();
        }
        if (std::string_view("+-/*%~[](){}><=.:|,;").find(text[0]) != npos) return 1;
        throw Fault("the character " + std::string(text.substr(0, byte_of_character(text, 1))) +
                        " does not belong into an expression",
                    {}, m_line);
    }

    void match_bracket(char c, std::string& brackets) const {
        static constexpr std::string_view opening = "([{", closing = ")]}";
        if (opening.find(c) != npos) brackets += closing[opening.find(c)];
        if (closing.find(c) == npos) return;
        if (brackets.empty() || brackets.back() != c)
            throw Fault(std::string("a ") + c + " closes nothing that is open", {}, m_line);
        brackets.pop_back();
    }

    std::string_view m_source;
    std::size_t m_at = 0;
    int m_line = 1;
    bool m_line_begins = true; ///< whether the last tag ended with a line end
    std::vector<Token> m_tokens;
};

char32_t code_point(std::string_view digits, std::size_t wanted, int base, int line) {
    char32_t c = 0;
    const auto number = read_whole(digits.substr(0, wanted), base);
    if (digits.size() < wanted || !number || *number < 0 || *number > 0x10FFFF ||
        (*number >= 0xD800 && *number < 0xE000))
        throw Fault("an escape in a string does not name a character", {}, line);
    c = static_cast<char32_t>(*number);
    return c;
}

} // namespace

std::string with_plain_line_ends(std::string_view source) {
    std::string out;
    out.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] != '\r')
            out += source[i];
        else if (i + 1 == source.size() || source[i + 1] != '\n')
            out += '\n';
    }
    if (out.ends_with('\n')) out.pop_back();
    return out;
}

std::vector<Token> tokenize(std::string_view source) {
    return Lexer(source).whole();
}

std::string meaning_of_string(const Token& token) {
    static constexpr std::string_view letters = "\\'\"abfnrtv", meanings = "\\'\"\a\b\f\n\r\t\v";
    const std::string_view text = token.text.substr(1, token.text.size() - 2);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\') {
            out += text[at++];
            continue;
        }
        const char letter = text[at + 1]; // a string never ends behind a single backslash
        at += 2;
        if (const std::size_t place = letters.find(letter); place != npos) {
            out += meanings[place];
        } else if (letter == 'x' || letter == 'u' || letter == 'U') {
            const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
            append_utf8(out, code_point(text.substr(at), digits, 16, token.line));
            at += digits;
        } else if (letter >= '0' && letter <= '7') {
            std::size_t digits = 1;
            while (digits < 3 && at - 1 + digits < text.size() && text[at - 1 + digits] >= '0' &&
                   text[at - 1 + digits] <= '7')
                ++digits;
            append_utf8(out, code_point(text.substr(at - 1), digits, 8, token.line));
            at += digits - 1;
        } else if (letter == 'N') {
            throw Fault("characters by name (\\N) are not supported in strings", "Write the character itself",
                        token.line);
        } else if (letter != '\n') { // a backslash and a line end are nothing; other pairs stay
            out += '\\';
            out += letter;
        }
    }
    return out;
}

} // namespace diapason::chat
