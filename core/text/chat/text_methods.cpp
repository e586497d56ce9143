// Methods of strings, as Python has them.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/methods.h"
#include "core/text/chat/operators.h"
#include "core/text/chat/print.h"
#include "core/text/chat/search.h"
#include "core/text/chat/text_format.h"
#include "core/text/unicode.h"

#include <unicode/uchar.h>

#include <algorithm>

namespace diapason::chat {
namespace {

template <std::string (*change)(std::string_view)>
Value changed_text(Run& run, const Value& self, const Bound&) {
    run.spend(self.text()->bytes.size() / 8);
    return run.text_like(*self.text(), change(self.text()->bytes));
}

template <Ends ends>
Value stripped(Run& run, const Value& self, const Bound& arguments) {
    return strip_text(run, *self.text(), ends, arguments.given(0) ? &arguments.at(0) : nullptr);
}

Value texts(Run& run, const Text& source, const std::vector<std::string_view>& parts, Form form = Form::list) {
    std::vector<Value> list;
    list.reserve(parts.size());
    for (const std::string_view part : parts)
        list.push_back(run.text_like(source, std::string(part)));
    return run.list(std::move(list), form);
}

template <bool from_right>
Value split(Run& run, const Value& self, const Bound& arguments) {
    const std::int64_t most = arguments.whole(1, -1);
    if (!arguments.given(0)) return texts(run, *self.text(), split_words(run, self.text()->bytes, most, from_right));
    const std::string_view separator = arguments.text(0);
    return texts(run, *self.text(), split_text(run, self.text()->bytes, separator, most, from_right));
}

Value lines(Run& run, const Value& self, const Bound& arguments) {
    return texts(run, *self.text(), split_lines(run, self.text()->bytes, arguments.truth(0, false)));
}

template <bool from_right>
Value partition(Run& run, const Value& self, const Bound& arguments) {
    const std::string_view separator = arguments.text(0);
    const std::string_view text = self.text()->bytes;
    const auto parts = split_text(run, text, separator, 1, from_right);
    if (parts.size() == 2) return texts(run, *self.text(), {parts[0], separator, parts[1]}, Form::tuple);
    if (from_right) return texts(run, *self.text(), {"", "", text}, Form::tuple);
    return texts(run, *self.text(), {text, "", ""}, Form::tuple);
}

// The part between two places that find(), count(), startswith() and the like look at; nothing beyond the end.
struct Part {
    std::string_view text;
    std::int64_t start = 0; ///< in characters
    bool possible = true;
};
Part part_of(Run& run, const Value& self, const Bound& arguments) {
    Part part{self.text()->bytes};
    if (!arguments.given(1) && !arguments.given(2)) return part;
    const std::int64_t size = length(run, self);
    const auto place = [&](std::size_t argument, std::int64_t otherwise) {
        if (!arguments.given(argument)) return otherwise;
        const std::int64_t at = arguments.whole(argument, 0);
        return at < 0 ? std::max<std::int64_t>(at + size, 0) : at;
    };
    part.start = place(1, 0);
    const std::int64_t end = std::min(place(2, size), size);
    part.possible = part.start <= end;
    if (!part.possible) return part;
    part.text.remove_prefix(byte_of_character(part.text, static_cast<std::size_t>(part.start)));
    part.text = part.text.substr(0, byte_of_character(part.text, static_cast<std::size_t>(end - part.start)));
    return part;
}

template <bool last>
std::int64_t place_of(Run& run, const Value& self, const Bound& arguments) {
    const std::string_view wanted = arguments.text(0);
    const Part part = part_of(run, self, arguments);
    if (!part.possible) return -1;
    const std::size_t at = last ? find_last_text(run, part.text, wanted) : find_text(run, part.text, wanted);
    if (at == std::string_view::npos) return -1;
    run.spend(at / 64);
    return part.start + static_cast<std::int64_t>(count_characters(part.text.substr(0, at)));
}

template <bool last>
Value find(Run& run, const Value& self, const Bound& arguments) {
    return Value(place_of<last>(run, self, arguments));
}

template <bool last>
Value index(Run& run, const Value& self, const Bound& arguments) {
    const std::int64_t place = place_of<last>(run, self, arguments);
    if (place < 0) throw Fault(arguments.who() + ": the string does not contain the other");
    return Value(place);
}

Value count(Run& run, const Value& self, const Bound& arguments) {
    const std::string_view wanted = arguments.text(0);
    const Part part = part_of(run, self, arguments);
    return Value(part.possible ? count_text(run, part.text, wanted) : std::int64_t{0});
}

template <bool at_end>
Value has_at_edge(Run& run, const Value& self, const Bound& arguments) {
    const Part part = part_of(run, self, arguments);
    const auto fits = [&](const Value& value) {
        if (value.text() == nullptr)
            throw Fault(arguments.who() + " needs a string or a tuple of strings, not " + kind_in_words(value));
        const std::string& edge = value.text()->bytes;
        run.spend(std::min(edge.size(), part.text.size()) / 64);
        return part.possible && (at_end ? part.text.ends_with(edge) : part.text.starts_with(edge));
    };
    const Value& wanted = arguments.at(0);
    const Sequence* list = wanted.sequence();
    if (list == nullptr || list->form != Form::tuple) return Value(fits(wanted));
    run.spend(list->items.size());
    return Value(std::any_of(list->items.begin(), list->items.end(), fits));
}

template <bool at_end>
Value without_edge(Run& run, const Value& self, const Bound& arguments) {
    std::string_view text = self.text()->bytes;
    const std::string_view edge = arguments.text(0);
    run.spend(std::min(edge.size(), text.size()) / 64);
    if (at_end && text.ends_with(edge)) text.remove_suffix(edge.size());
    if (!at_end && text.starts_with(edge)) text.remove_prefix(edge.size());
    return run.text_like(*self.text(), std::string(text));
}

Value replace_method(Run& run, const Value& self, const Bound& arguments) {
    return run.text_like(*self.text(), replace_text(run, self.text()->bytes, arguments.text(0), arguments.text(1),
                                                    arguments.whole(2, -1)));
}

Value join(Run& run, const Value& self, const Bound& arguments) {
    const std::string& separator = self.text()->bytes;
    std::string out;
    bool first = true;
    for (const Value& item : run.iterate(arguments.at(0))) {
        if (item.text() == nullptr) throw Fault("join() needs strings, not " + kind_in_words(item));
        run.allow_bytes(out.size() + separator.size() + item.text()->bytes.size());
        if (!std::exchange(first, false)) out += separator;
        out += item.text()->bytes;
    }
    return run.text_like(*self.text(), std::move(out));
}

enum class Side { left, right, center };
template <Side side>
Value padded(Run& run, const Value& self, const Bound& arguments) {
    const std::string_view filler = arguments.text(1, " ");
    if (count_characters(filler) != 1) throw Fault(arguments.who() + " fills with one character");
    const std::int64_t missing = std::max<std::int64_t>(arguments.whole(0, 0) - length(run, self), 0);
    const auto width = static_cast<std::size_t>(missing);
    run.allow_bytes(width > SIZE_MAX / 8 ? SIZE_MAX : width * filler.size() + self.text()->bytes.size());
    // Of an odd number, Python puts the greater half to the left where the whole width is odd.
    std::size_t before = side == Side::left ? 0 : side == Side::right ? width : width / 2;
    if (side == Side::center) before += width & static_cast<std::size_t>(arguments.whole(0, 0)) & 1;
    std::string out;
    for (std::size_t i = 0; i <= width; ++i) {
        if (i == before) out += self.text()->bytes;
        if (i < width) out += filler;
    }
    return run.text_like(*self.text(), std::move(out));
}

Value zero_filled(Run& run, const Value& self, const Bound& arguments) {
    const std::string& text = self.text()->bytes;
    const std::int64_t missing = std::max<std::int64_t>(arguments.whole(0, 0) - length(run, self), 0);
    const auto width = static_cast<std::size_t>(missing);
    run.allow_bytes(text.size() + width);
    const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    return run.text_like(*self.text(), text.substr(0, sign) + std::string(width, '0') + text.substr(sign));
}

Value format_method(Run& run, const Value& self, const Bound& arguments) {
    return run.text_like(*self.text(), format_by_braces(run, self.text()->bytes, arguments.all()));
}

template <bool (*is)(char32_t)>
Value every(Run& run, const Value& self, const Bound&) {
    run.spend(self.text()->bytes.size() / 4);
    bool all = !self.text()->bytes.empty();
    for_characters(self.text()->bytes, [&](char32_t c, std::size_t, std::size_t) { all = all && is(c); });
    return Value(all);
}
bool is_alphabetic(char32_t c) {
    return is_letter(c);
}
bool is_decimal(char32_t c) {
    return u_charType(static_cast<UChar32>(c)) == U_DECIMAL_DIGIT_NUMBER;
}
bool has_numeric_type(char32_t c, int least) {
    return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE) >= least;
}
bool is_digit(char32_t c) {
    return is_decimal(c) || u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE) == U_NT_DIGIT;
}
bool is_numeric(char32_t c) {
    return has_numeric_type(c, U_NT_DECIMAL);
}
bool is_alphanumeric(char32_t c) {
    return is_alphabetic(c) || is_numeric(c);
}
bool is_ascii(char32_t c) {
    return c < 0x80;
}
Value all_ascii(Run& run, const Value& self, const Bound& arguments) { // an empty text is
    return Value(self.text()->bytes.empty() || every<is_ascii>(run, self, arguments).truth());
}

template <bool upper_case>
Value in_case(Run& run, const Value& self, const Bound&) {
    return Value(is_in_case(run, *self.text(), upper_case));
}

} // namespace

const std::vector<Method>& text_methods() {
    static const std::vector<Method> table = {{"capitalize", {}, changed_text<capitalized>},
                                              {"casefold", {}, changed_text<lower>},
                                              {"center", {{"width", "fillchar"}, 1}, padded<Side::center>},
                                              {"count", {{"sub", "start", "end"}, 1}, count},
                                              {"endswith", {{"suffix", "start", "end"}, 1}, has_at_edge<true>},
                                              {"find", {{"sub", "start", "end"}, 1}, find<false>},
                                              {"format", {{}, 0, true}, format_method},
                                              {"index", {{"sub", "start", "end"}, 1}, index<false>},
                                              {"isalnum", {}, every<is_alphanumeric>},
                                              {"isalpha", {}, every<is_alphabetic>},
                                              {"isascii", {}, all_ascii},
                                              {"isdecimal", {}, every<is_decimal>},
                                              {"isdigit", {}, every<is_digit>},
                                              {"islower", {}, in_case<false>},
                                              {"isnumeric", {}, every<is_numeric>},
                                              {"isspace", {}, every<is_space>},
                                              {"isupper", {}, in_case<true>},
                                              {"join", {{"iterable"}, 1}, join},
                                              {"ljust", {{"width", "fillchar"}, 1}, padded<Side::left>},
                                              {"lower", {}, changed_text<lower>},
                                              {"lstrip", {{"chars"}}, stripped<Ends::left>},
                                              {"partition", {{"sep"}, 1}, partition<false>},
                                              {"removeprefix", {{"prefix"}, 1}, without_edge<false>},
                                              {"removesuffix", {{"suffix"}, 1}, without_edge<true>},
                                              {"replace", {{"old", "new", "count"}, 2}, replace_method},
                                              {"rfind", {{"sub", "start", "end"}, 1}, find<true>},
                                              {"rindex", {{"sub", "start", "end"}, 1}, index<true>},
                                              {"rjust", {{"width", "fillchar"}, 1}, padded<Side::right>},
                                              {"rpartition", {{"sep"}, 1}, partition<true>},
                                              {"rsplit", {{"sep", "maxsplit"}}, split<true>},
                                              {"rstrip", {{"chars"}}, stripped<Ends::right>},
                                              {"split", {{"sep", "maxsplit"}}, split<false>},
                                              {"splitlines", {{"keepends"}}, lines},
                                              {"startswith", {{"prefix", "start", "end"}, 1}, has_at_edge<false>},
                                              {"strip", {{"chars"}}, stripped<Ends::both>},
                                              {"swapcase", {}, changed_text<swapped_case>},
                                              {"title", {}, changed_text<title>},
                                              {"upper", {}, changed_text<upper>},
                                              {"zfill", {{"width"}, 1}, zero_filled}};
    return table;
}

} // namespace diapason::chat
