// Filters that make texts.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/filters.h"
#include "core/text/chat/methods.h"
#include "core/text/chat/operators.h"
#include "core/text/chat/print.h"
#include "core/text/chat/search.h"
#include "core/text/chat/text_format.h"
#include "core/text/unicode.h"

namespace diapason::chat {
namespace {

// The input as a text; what `escape` has made stays so.
Value soft_text(Run& run, const Value& value) {
    return value.text() != nullptr ? value : run.text(str(run, value));
}

template <std::string (*change)(std::string_view)>
Value changed(Run& run, const Value& input, const Bound&) {
    const Value text = soft_text(run, input);
    run.spend(text.text()->bytes.size() / 8);
    return run.text_like(*text.text(), change(text.text()->bytes));
}

// Unlike str.title(), an apostrophe does not begin a word.
std::string title_words(std::string_view text) {
    static constexpr std::u32string_view marks = U"-({[<";
    std::string out;
    std::size_t start = 0;
    for_characters(text, [&](char32_t c, std::size_t begin, std::size_t end) {
        if (!is_space(c) && marks.find(c) == std::u32string_view::npos) return;
        const std::string_view word = text.substr(start, begin - start);
        const std::size_t first = byte_of_character(word, 1);
        out += upper(word.substr(0, first)) + lower(word.substr(first));
        out += text.substr(begin, end - begin);
        start = end;
    });
    const std::string_view word = text.substr(start);
    const std::size_t first = byte_of_character(word, 1);
    return out + upper(word.substr(0, first)) + lower(word.substr(first));
}

Value trim(Run& run, const Value& input, const Bound& arguments) {
    const Value text = soft_text(run, input);
    return strip_text(run, *text.text(), Ends::both, arguments.given(0) ? &arguments.at(0) : nullptr);
}

Value replace(Run& run, const Value& input, const Bound& arguments) {
    const std::string text = str(run, input), from = str(run, arguments.at(0)), to = str(run, arguments.at(1));
    return run.text(replace_text(run, text, from, to, arguments.given(2) ? arguments.whole(2, -1) : -1));
}

Value string(Run& run, const Value& input, const Bound&) {
    return soft_text(run, input);
}

Value safe(Run& run, const Value& input, const Bound&) {
    return run.text(str(run, input), true);
}

Value escape_again(Run& run, const Value& input, const Bound&) {
    const std::string text = str(run, input);
    run.allow_bytes(5 * text.size());
    return run.text(escape_markup(text), true);
}

Value escape(Run& run, const Value& input, const Bound& arguments) {
    return input.text() != nullptr && input.text()->markup ? input : escape_again(run, input, arguments);
}

Value center(Run& run, const Value& input, const Bound& arguments) {
    Arguments width;
    width.positional.emplace_back(arguments.whole(0, 80));
    const Value text = string(run, input, arguments);
    return call_method(run, text, *find_method(text, "center"), width);
}

Value format(Run& run, const Value& input, const Bound& arguments) {
    const Arguments& given = arguments.all();
    if (!given.named.empty() && !given.positional.empty())
        throw Fault("the filter format takes either named values or others, not both");
    Mapping named;
    for (const auto& [name, value] : given.named)
        named.set(run, run.text(name), value);
    const Value values = given.named.empty() ? run.list(given.positional, Form::tuple) : run.mapping(std::move(named));
    return run.text(format_by_percent(run, str(run, input), values));
}

Value indent(Run& run, const Value& input, const Bound& arguments) {
    const bool first = arguments.truth(1, false), blank = arguments.truth(2, false);
    std::string margin;
    if (arguments.has(0) && arguments.at(0).text() != nullptr) {
        margin = std::string(arguments.text(0));
    } else {
        const std::int64_t width = std::max<std::int64_t>(arguments.whole(0, 4), 0);
        run.allow_bytes(static_cast<std::size_t>(width));
        margin.assign(static_cast<std::size_t>(width), ' ');
    }
    const Value soft = soft_text(run, input);
    const Text& text = *soft.text();
    run.spend(text.bytes.size() / 16);
    const std::string ended = text.bytes + '\n'; // so that a last line end makes an empty line
    std::string out = first ? margin : "";
    bool begun = false;
    for (const std::string_view line : split_lines(run, ended, false)) {
        run.allow_bytes(out.size() + margin.size() + line.size() + 1);
        run.spend((margin.size() + line.size()) / 16);
        if (std::exchange(begun, true)) out += !line.empty() || blank ? '\n' + margin : "\n";
        out += line;
    }
    return run.text_like(text, std::move(out));
}

Value truncate(Run& run, const Value& input, const Bound& arguments) {
    Value soft = soft_text(run, input);
    const Text& text = *soft.text();
    run.spend(text.bytes.size() / 16);
    const std::string end(arguments.text(2, "..."));
    const std::int64_t most = arguments.whole(0, 255), leeway = arguments.given(3) ? arguments.whole(3, 5) : 5;
    const auto size = static_cast<std::int64_t>(count_characters(text.bytes));
    const std::int64_t kept = most - static_cast<std::int64_t>(count_characters(end));
    if (kept < 0 || leeway < 0) throw Fault("the filter truncate keeps at least its end, and no leeway less than 0");
    if (size <= most || size - most <= leeway) return soft;
    std::string out = text.bytes.substr(0, byte_of_character(text.bytes, static_cast<std::size_t>(kept)));
    if (!arguments.truth(1, false)) out.resize(std::min(out.rfind(' '), out.size()));
    return run.text_like(text, out + end);
}

Value count_words(Run& run, const Value& input, const Bound&) {
    std::int64_t count = 0;
    bool inside = false;
    const std::string text = str(run, input);
    run.spend(text.size() / 16);
    for_characters(text, [&](char32_t c, std::size_t, std::size_t) {
        const bool word = is_word(c);
        if (word && !inside) ++count;
        inside = word;
    });
    return Value(count);
}

Value tojson(Run& run, const Value& input, const Bound& arguments) {
    JsonStyle style;
    style.ascii = arguments.truth(0, false);
    if (arguments.given(1)) {
        style.lines = true;
        style.between = ",";
        if (arguments.at(1).text() != nullptr) {
            style.indent = std::string(arguments.text(1));
        } else {
            const std::int64_t width = std::max<std::int64_t>(arguments.whole(1, 0), 0);
            run.allow_bytes(static_cast<std::size_t>(width));
            style.indent.assign(static_cast<std::size_t>(width), ' ');
        }
    }
    if (arguments.given(2)) {
        const Items marks = run.iterate(arguments.at(2));
        if (marks.size() != 2) throw Fault("the separators of tojson are two strings");
        style.between = str(run, marks[0]);
        style.behind_key = str(run, marks[1]);
    }
    style.sorted = arguments.truth(3, false);
    return run.text(to_json(run, input, style));
}

} // namespace

const std::vector<Filter>& text_filters() {
    static const std::vector<Filter> table = {
        {"capitalize", {}, changed<capitalized>},
        {"center", {{"width"}}, center},
        {"e", {}, escape},
        {"escape", {}, escape},
        {"forceescape", {}, escape_again},
        {"format", {{}, 0, true}, format},
        {"indent", {{"width", "first", "blank"}}, indent},
        {"lower", {}, changed<lower>},
        {"replace", {{"old", "new", "count"}, 2}, replace},
        {"safe", {}, safe},
        {"string", {}, string},
        {"title", {}, changed<title_words>},
        {"tojson", {{"ensure_ascii", "indent", "separators", "sort_keys"}}, tojson},
        {"trim", {{"chars"}}, trim},
        {"truncate", {{"length", "killwords", "end", "leeway"}}, truncate},
        {"upper", {}, changed<upper>},
        {"wordcount", {}, count_words}};
    return table;
}

} // namespace diapason::chat
