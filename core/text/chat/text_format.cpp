#include "core/text/chat/text_format.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/print.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace diapason::chat {
namespace {

constexpr int max_precision = 1000;
constexpr std::size_t max_width = 1'000'000;

// What stands between % or : and the type.
struct Specification {
    std::string fill = " ";
    char align = 0; ///< < > ^ =; 0: what is usual for the value
    char sign = '-';
    bool alternate = false; ///< 0x in front of hexadecimal digits
    char grouping = 0;      ///< , or _ between thousands
    std::size_t width = 0;
    int precision = -1; ///< -1: not said
    char type = 0;      ///< 0: not said
};

std::size_t read_number(std::string_view text, std::size_t& at) {
    std::size_t number = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        number = number * 10 + static_cast<std::size_t>(text[at] - '0');
        if (number > max_width) throw Fault("a width or precision of a format is more than 1,000,000");
    }
    return number;
}

void read_width_and_precision(std::string_view text, std::size_t& at, Specification& to) {
    to.width = read_number(text, at);
    while (at < text.size() && (text[at] == ',' || text[at] == '_'))
        to.grouping = text[at++];
    if (at >= text.size() || text[at] != '.') return;
    const std::size_t precision = read_number(text, ++at);
    if (precision > max_precision) throw Fault("a precision of a format is more than 1,000");
    to.precision = static_cast<int>(precision);
}

// Digits without a sign.
std::string digits_of(std::uint64_t number, int base, bool capitals) {
    char digits[65];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
    std::string text(digits, end);
    return capitals ? upper(text) : text;
}

std::string digits_of(double number, char type, int precision) {
    const char format[] = {'%', '.', '*', type, '\0'};
    std::string text(400 + static_cast<std::size_t>(precision), '\0');
    text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), format, precision, number)));
    return text;
}

void group_thousands(std::string& digits, char mark) {
    const std::size_t end = std::min(digits.find_first_not_of("0123456789"), digits.size());
    for (std::size_t at = end; at > 3;)
        digits.insert(at -= 3, 1, mark);
}

// The sign, the digits and what belongs to them, of a number in the form that the type says.
struct Number {
    std::string sign, digits;
};
Number number_of(const Value& value, const Specification& how) {
    static constexpr std::string_view whole_types = "dixXob";
    const bool negative = value.is_whole() ? value.whole() < 0 : std::signbit(*value.real());
    Number number{negative ? "-" : how.sign == '-' ? "" : std::string(1, how.sign), {}};
    if (whole_types.find(how.type) != std::string_view::npos) {
        if (!value.is_whole()) throw Fault(std::string("the format ") + how.type + " needs an integer, not a float");
        const auto bits = static_cast<std::uint64_t>(value.whole());
        const int base = how.type == 'o' ? 8 : how.type == 'b' ? 2 : (how.type | 0x20) == 'x' ? 16 : 10;
        number.digits = digits_of(negative ? 0 - bits : bits, base, how.type == 'X');
        if (how.alternate && base != 10) number.sign += std::string("0") + how.type;
    } else if (how.type == 0) {
        number.digits = shown(std::abs(value.number()));
    } else {
        const double size = std::abs(value.number());
        if (!std::isfinite(size))
            number.digits = shown(size);
        else if (how.type == '%')
            number.digits = digits_of(size * 100, 'f', how.precision < 0 ? 6 : how.precision) + '%';
        else
            number.digits = digits_of(size, how.type, how.precision < 0 ? 6 : how.precision);
    }
    if (how.grouping != 0) group_thousands(number.digits, how.grouping);
    return number;
}

std::string padded(const Number& number, const Specification& how, char usual) {
    const std::size_t size = count_characters(number.sign) + count_characters(number.digits);
    const std::size_t missing = how.width > size ? how.width - size : 0;
    const char align = how.align == 0 ? usual : how.align;
    const std::size_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    const auto filling = [&](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += how.fill;
        return text;
    };
    if (align == '=') return number.sign + filling(missing) + number.digits;
    return filling(before) + number.sign + number.digits + filling(missing - before);
}

std::string cut(const std::string& text, int precision) {
    return precision < 0 ? text : text.substr(0, byte_of_character(text, static_cast<std::size_t>(precision)));
}

Value as_number(const Value& value, char type) {
    if (value.is_number()) return value;
    throw Fault(std::string("the format ") + type + " needs a number, not " + kind_in_words(value));
}

// One % and what follows it. @param at the byte behind the %
std::string converted(Run& run, const Value& value, const Specification& how) {
    switch (how.type) {
    case 's':
        return padded({{}, cut(str(run, value), how.precision)}, how, '>');
    case 'r':
        return padded({{}, cut(repr(run, value), how.precision)}, how, '>');
    case 'c': {
        std::string character;
        if (value.text() != nullptr && count_characters(value.text()->bytes) == 1)
            character = value.text()->bytes;
        else if (value.is_whole() && value.whole() >= 0 && value.whole() < 0x110000)
            append_utf8(character, static_cast<char32_t>(value.whole()));
        else
            throw Fault("the format c needs a character, not " + kind_in_words(value));
        return padded({{}, character}, how, '>');
    }
    case 'd':
    case 'i':
    case 'u': {
        Value number = as_number(value, how.type);
        if (number.real() != nullptr) {
            if (!(std::abs(*number.real()) < 9.2e18)) throw Fault("the float does not fit into an integer");
            number = Value(static_cast<std::int64_t>(*number.real()));
        }
        Specification whole = how;
        whole.type = 'd';
        return padded(number_of(number, whole), how, '>');
    }
    case 'x':
    case 'X':
    case 'o':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return padded(number_of(as_number(value, how.type), how), how, '>');
    default:
        throw Fault(std::string("the format %") + how.type + " is unknown",
                    "Choose from %s, %r, %d, %i, %u, %c, %x, %X, %o, %e, %E, %f, %F, %g, %G and %%");
    }
}

// The values that a format takes one after the other, or by name.
class Values {
public:
    Values(const Value& values, Run& run) : m_run(run), m_values(values) {}

    const Value& next() {
        const Sequence* tuple = as_tuple();
        const std::size_t count = tuple != nullptr ? tuple->items.size() : 1;
        if (m_taken == count) throw Fault("the format needs more values than it is given");
        ++m_taken;
        return tuple != nullptr ? tuple->items[m_taken - 1] : m_values;
    }
    const Value& named(std::string_view name) {
        if (m_values.mapping() == nullptr) throw Fault("a format with names needs a dictionary");
        const Value* found = m_values.mapping()->find(name);
        if (found == nullptr) throw Fault("the format names " + std::string(name) + ", which is not among its values");
        return *found;
    }
    void check_all_taken() const {
        const Sequence* tuple = as_tuple();
        if (m_values.mapping() == nullptr && m_taken < (tuple != nullptr ? tuple->items.size() : 1))
            throw Fault("the format takes fewer values than it is given");
    }

private:
    const Sequence* as_tuple() const {
        const Sequence* sequence = m_values.sequence();
        return sequence != nullptr && sequence->form == Form::tuple ? sequence : nullptr;
    }
    Run& m_run;
    const Value& m_values;
    std::size_t m_taken = 0;
};

void append(Run& run, std::string& to, std::string_view text) {
    run.allow_bytes(to.size() + text.size());
    run.spend(1 + text.size() / 16);
    to += text;
}

Specification read_specification(std::string_view text) {
    static constexpr std::string_view aligns = "<>^=";
    Specification how;
    std::size_t at = 0;
    const std::size_t first = byte_of_character(text, 1);
    if (first < text.size() && aligns.find(text[first]) != std::string_view::npos) {
        how.fill = text.substr(0, first);
        how.align = text[first];
        at = first + 1;
    } else if (!text.empty() && aligns.find(text[0]) != std::string_view::npos) {
        how.align = text[at++];
    }
    if (at < text.size() && std::string_view("+- ").find(text[at]) != std::string_view::npos) how.sign = text[at++];
    if (at < text.size() && text[at] == '#') how.alternate = text[at++] == '#';
    if (at < text.size() && text[at] == '0') {
        if (how.align == 0) how.fill = "0", how.align = '=';
        ++at;
    }
    read_width_and_precision(text, at, how);
    if (at < text.size()) how.type = text[at++];
    if (at != text.size() || std::string_view("sdboxXeEfFgG%c\0", 15).find(how.type) == std::string_view::npos)
        throw Fault("the format specification " + std::string(text) + " is not supported",
                    "It may have fill, alignment, sign, width, precision and a type of s d b o x e f g % c");
    return how;
}

std::string formatted(Run& run, const Value& value, std::string_view specification) {
    if (specification.empty()) return str(run, value);
    Specification how = read_specification(specification);
    if (value.text() != nullptr) {
        if (how.type != 0 && how.type != 's')
            throw Fault(std::string("the format ") + how.type + " does not go with a string");
        return padded({{}, cut(value.text()->bytes, how.precision)}, how, '<');
    }
    if (!value.is_number() || how.type == 's')
        throw Fault("a format specification does not go with " + kind_in_words(value));
    if (how.type == 'c') return converted(run, value, how);
    if (how.type == 0 && value.is_whole()) how.type = 'd';
    if (how.type == 0 && how.precision >= 0) how.type = 'g';
    return padded(number_of(value, how), how, '>');
}

} // namespace

std::string format_by_percent(Run& run, const std::string& format, const Value& given) {
    Values values(given, run);
    std::string out;
    for (std::size_t at = 0; at < format.size();) {
        const std::size_t mark = std::min(format.find('%', at), format.size());
        append(run, out, std::string_view(format).substr(at, mark - at));
        at = mark + 1;
        if (mark == format.size()) break;
        const Value* value = nullptr;
        if (at < format.size() && format[at] == '(') {
            const std::size_t end = format.find(')', at);
            if (end == std::string::npos) throw Fault("a name in a format is not closed by )");
            value = &values.named(std::string_view(format).substr(at + 1, end - at - 1));
            at = end + 1;
        }
        Specification how;
        bool zeros = false;
        for (; at < format.size() && std::string_view("-+ #0").find(format[at]) != std::string_view::npos; ++at) {
            if (format[at] == '-') how.align = '<';
            if (format[at] == '+' || (format[at] == ' ' && how.sign == '-')) how.sign = format[at];
            how.alternate = how.alternate || format[at] == '#';
            zeros = zeros || format[at] == '0';
        }
        read_width_and_precision(format, at, how);
        if (at >= format.size()) throw Fault("a format ends after its %");
        how.type = format[at++];
        if (how.type == '%') {
            append(run, out, "%");
            continue;
        }
        if (zeros && how.align == 0 && std::string_view("src").find(how.type) == std::string_view::npos)
            how.fill = "0", how.align = '=';
        append(run, out, converted(run, value != nullptr ? *value : values.next(), how));
    }
    values.check_all_taken();
    return out;
}

std::string format_by_braces(Run& run, const std::string& format, const Arguments& values) {
    std::string out;
    std::size_t next = 0;
    for (std::size_t at = 0; at < format.size();) {
        const std::size_t mark = std::min(format.find_first_of("{}", at), format.size());
        append(run, out, std::string_view(format).substr(at, mark - at));
        at = mark + 1;
        if (mark == format.size()) break;
        if (at < format.size() && format[at] == format[mark]) { // doubled: itself
            append(run, out, format.substr(at++, 1));
            continue;
        }
        const std::size_t end = format[mark] == '{' ? format.find('}', at) : std::string::npos;
        if (end == std::string::npos) throw Fault("a single { or } stands in the format");
        const std::string_view field = std::string_view(format).substr(at, end - at);
        at = end + 1;
        const std::size_t name_end = std::min(field.find_first_of("!:"), field.size());
        const std::string_view name = field.substr(0, name_end);
        std::string_view rest = field.substr(name_end);
        if (field.find_first_of("{[") != std::string_view::npos || name.find('.') != std::string_view::npos)
            throw Fault("the field {" + std::string(field) + "} of a format is not supported",
                        "A field may have a name or number, !s or !r, and a specification behind a colon");
        const auto number = name.empty() ? std::optional<std::int64_t>(next++) : read_whole(name);
        const Value* value = nullptr;
        if (number && *number >= 0 && static_cast<std::size_t>(*number) < values.positional.size())
            value = &values.positional[static_cast<std::size_t>(*number)];
        for (const auto& [key, named] : values.named) {
            if (!number && key == name) value = &named;
        }
        if (value == nullptr) throw Fault("the format has no value for {" + std::string(field) + "}");
        Value text = *value;
        if (rest.starts_with("!r") || rest.starts_with("!s")) {
            text = run.text(rest[1] == 'r' ? repr(run, *value) : str(run, *value));
            rest.remove_prefix(2);
        }
        if (!rest.empty() && rest[0] != ':') throw Fault("the field {" + std::string(field) + "} is malformed");
        append(run, out, formatted(run, text, rest.empty() ? rest : rest.substr(1)));
    }
    return out;
}

} // namespace diapason::chat
